// Sizes that instances answer once they are made (a model's D and V), put into the plan.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "host/plan/plan.hpp"

namespace gistmill {
namespace {

using Sizes = std::map<std::string, std::int64_t>;

// Every pipeline that may run: the recipe's and the evaluations' variants of them.
std::vector<PlannedPipeline*> all_pipelines(Plan& plan) {
  std::vector<PlannedPipeline*> all;
  for (PlannedPipeline& pipeline : plan.pipelines) all.push_back(&pipeline);
  for (PlannedEvaluation& evaluation : plan.evaluations) {
    for (PlannedVariant& variant : evaluation.variants) all.push_back(&variant.pipeline);
  }
  return all;
}

std::set<std::size_t> instances_of(const PlannedPipeline& pipeline) {
  std::set<std::size_t> used;
  for (const PlannedCall& call : pipeline.calls) used.insert(call.instance);
  return used;
}

// `declaration`: by which the instance answered `value`.
void fix(PlannedSymbol& symbol, std::int64_t value, const PlannedInstance& instance,
         const SymbolDeclaration& declaration) {
  if (!symbol.value) {
    symbol.value = value;
    symbol.source = instance.name;
    return;
  }
  if (*symbol.value == value) return;
  const std::string place = symbol.origin.known() ? fmt::format(" ({})", symbol.origin.text()) : "";
  std::vector<std::string> notes = {fmt::format("{}{}: {}", symbol.source, place, *symbol.value),
                                    fmt::format("{}, which is {}, answers {} for its {}", instance.name,
                                                instance.spec->name, value, declaration.spec->name)};
  notes.insert(notes.end(), symbol.joins.begin(), symbol.joins.end());
  throw Failure(ExitCode::recipe, symbol.origin.known() ? symbol.origin : instance.origin,
                fmt::format("{} is {} according to {} but {} according to {}", symbol.full_name, value,
                            instance.name, *symbol.value, symbol.source),
                std::move(notes));
}

class Answers {
 public:
  explicit Answers(const SymbolAnswers& answers) : answers_(answers) {}

  std::int64_t of(const PlannedInstance& instance, const std::string& symbol) {
    const auto [it, added] = known_.try_emplace({instance.name, symbol}, -1);
    if (added) it->second = answers_(instance, symbol);
    return it->second;
  }

 private:
  const SymbolAnswers& answers_;
  std::map<std::pair<std::string, std::string>, std::int64_t> known_;
};

// Symbols without a size whose instances were not made: they may have one, and a pipeline that does not run
// need not say.
using Unknown = std::set<const PlannedSymbol*>;

void bind_pipeline(PlannedPipeline& pipeline, const std::vector<PlannedInstance>& instances, Answers& answers,
                   Unknown& unknown) {
  for (PlannedSymbol& symbol : pipeline.symbols) {
    for (const SymbolDeclaration& declaration : symbol.declared) {
      if (!declaration.spec->option.empty()) continue;
      const PlannedInstance& instance = instances[declaration.instance];
      const std::int64_t value = answers.of(instance, declaration.spec->name);
      if (value >= 0) fix(symbol, value, instance, declaration);
      if (value == kNotMade) unknown.insert(&symbol);
    }
  }
}

const PlannedSymbol* size_of_instance(const PlannedPipeline& pipeline, std::size_t instance,
                                      const std::string& symbol) {
  for (const PlannedSymbol& found : pipeline.symbols) {
    for (const SymbolDeclaration& declaration : found.declared) {
      if (declaration.instance == instance && declaration.spec->name == symbol) return &found;
    }
  }
  return nullptr;
}

// What a symbol of the operation is one size with in the pipeline: of an input, or the instance's.
const PlannedSymbol* size_in(const PlannedPipeline& pipeline, const PlannedCall& call,
                             const std::string& symbol) {
  for (const PlannedInput& input : call.inputs) {
    const std::vector<Dimension>& shape = input.port->type.shape;
    for (std::size_t i = 0; i < shape.size(); ++i) {
      if (shape[i].symbol == symbol) return pipeline.symbol(input.type.shape[i].symbol);
    }
  }
  return size_of_instance(pipeline, call.instance, symbol);
}

// Where the recipe can change a size: at the option that fixes it, or at the component that has this option.
const Origin& place_of_size(const PlannedSymbol& size, const std::vector<PlannedInstance>& instances,
                            const PlannedCall& call) {
  if (size.origin.known()) return size.origin;
  for (const SymbolDeclaration& declaration : size.declared) {
    if (!declaration.spec->option.empty()) return instances[declaration.instance].origin;
  }
  return call.origin;
}

// The sizes of inputs that a manifest bounds by one of the instance's own: no text longer than the model
// reads.
void check_limits(const PlannedPipeline& pipeline, const std::vector<PlannedInstance>& instances) {
  for (const PlannedCall& call : pipeline.calls) {
    if (call.kind == CallClass::skipped) continue;
    for (const SizeLimit& limit : call.operation->most) {
      const PlannedSymbol* size = size_in(pipeline, call, limit.symbol);
      const PlannedSymbol* most = size_of_instance(pipeline, call.instance, limit.most);
      const bool known = size != nullptr && most != nullptr && size->value && most->value;
      if (!known || *size->value <= *most->value) continue;
      const PlannedInstance& instance = instances[call.instance];
      const std::string& doc = instance.spec->symbol(limit.most)->doc;
      throw Failure(ExitCode::recipe, place_of_size(*size, instances, call),
                    fmt::format("{} is {} when {} takes at most {}", size->source, *size->value, call.name,
                                *most->value),
                    {fmt::format("{}: {} is {}{}", instance.name, limit.most, *most->value,
                                 doc.empty() ? "" : fmt::format(" ({})", doc))});
    }
  }
}

// The sizes that one pipeline gives to the symbols of an instance; -1: differs from step to step. Left out
// are symbols that no value has and nothing fixes, and those that are not known.
Sizes sizes_for(const PlannedPipeline& pipeline, std::size_t instance, const Unknown& unknown) {
  Sizes sizes;
  for (const PlannedSymbol& symbol : pipeline.symbols) {
    if (!symbol.value && (!symbol.carried || unknown.contains(&symbol))) continue;
    for (const SymbolDeclaration& declaration : symbol.declared) {
      if (declaration.instance == instance) sizes[declaration.spec->name] = symbol.value.value_or(-1);
    }
  }
  return sizes;
}

}  // namespace

void bind_symbols(Plan& plan, const SymbolAnswers& answers) {
  Answers asked(answers);
  const auto pipelines = all_pipelines(plan);
  Unknown unknown;
  for (PlannedPipeline* pipeline : pipelines) {
    bind_pipeline(*pipeline, plan.instances, asked, unknown);
    check_limits(*pipeline, plan.instances);
  }

  for (std::size_t i = 0; i < plan.instances.size(); ++i) {
    Sizes agreed;
    for (const PlannedPipeline* pipeline : pipelines) {
      if (!instances_of(*pipeline).count(i)) continue;
      for (const auto& [name, size] : sizes_for(*pipeline, i, unknown)) {
        const auto [it, added] = agreed.emplace(name, size);
        if (!added && it->second != size) it->second = -1;
      }
    }
    std::erase_if(agreed, [](const auto& entry) { return entry.second < 0; });
    plan.instances[i].symbols = std::move(agreed);
  }
}

}  // namespace gistmill
