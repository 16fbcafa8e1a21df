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

void fix(PlannedSymbol& symbol, std::int64_t value, const PlannedInstance& instance) {
  if (!symbol.value) {
    symbol.value = value;
    symbol.source = instance.name;
    return;
  }
  if (*symbol.value == value) return;
  const std::string place = symbol.origin.known() ? fmt::format(" ({})", symbol.origin.text()) : "";
  throw Failure(ExitCode::recipe, symbol.origin.known() ? symbol.origin : instance.origin,
                fmt::format("{} is {} by {} when it is {} by {}", symbol.name, value, instance.name,
                            *symbol.value, symbol.source),
                {fmt::format("{}{}: {}", symbol.source, place, *symbol.value),
                 fmt::format("{}, which is {}, answers: {}", instance.name, instance.spec->name, value)});
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

void bind_pipeline(PlannedPipeline& pipeline, const std::vector<PlannedInstance>& instances,
                   Answers& answers) {
  for (const std::size_t index : instances_of(pipeline)) {
    const PlannedInstance& instance = instances[index];
    for (const SymbolSpec& spec : instance.spec->symbols) {
      if (!spec.option.empty()) continue;
      const std::int64_t value = answers.of(instance, spec.name);
      if (value < 0) continue;
      for (PlannedSymbol& symbol : pipeline.symbols) {
        if (std::count(symbol.declared.begin(), symbol.declared.end(), spec.name))
          fix(symbol, value, instance);
      }
    }
  }
}

// What one pipeline says of sizes to one instance, under the instance's own names; -1: differs from step to
// step, or from call to call.
Sizes sizes_for(const PlannedPipeline& pipeline, std::size_t instance) {
  Sizes sizes;
  for (const PlannedSymbol& symbol : pipeline.symbols) {
    for (const std::string& name : symbol.declared) {
      if (symbol.value) sizes[name] = *symbol.value;
    }
  }
  const Sizes known = pipeline.known_symbols();
  const auto note = [&](const PortType& local, const PortType& global) {
    for (std::size_t i = 0; i < local.shape.size(); ++i) {
      if (local.shape[i].symbol.empty()) continue;
      const auto value = known.find(global.shape[i].symbol);
      const std::int64_t size = value == known.end() ? -1 : value->second;
      const auto [it, added] = sizes.emplace(local.shape[i].symbol, size);
      if (!added && it->second != size) it->second = -1;
    }
  };
  for (const PlannedCall& call : pipeline.calls) {
    if (call.instance != instance) continue;
    for (const PlannedInput& input : call.inputs) note(input.port->type, input.type);
    for (const PlannedOutput& output : call.outputs) note(output.port->type, output.type);
  }
  return sizes;
}

}  // namespace

void bind_symbols(Plan& plan, const SymbolAnswers& answers) {
  Answers asked(answers);
  const auto pipelines = all_pipelines(plan);
  for (PlannedPipeline* pipeline : pipelines) bind_pipeline(*pipeline, plan.instances, asked);

  for (std::size_t i = 0; i < plan.instances.size(); ++i) {
    Sizes agreed;
    for (const PlannedPipeline* pipeline : pipelines) {
      if (!instances_of(*pipeline).count(i)) continue;
      for (const auto& [name, size] : sizes_for(*pipeline, i)) {
        const auto [it, added] = agreed.emplace(name, size);
        if (!added && it->second != size) it->second = -1;
      }
    }
    std::erase_if(agreed, [](const auto& entry) { return entry.second < 0; });
    plan.instances[i].symbols = std::move(agreed);
  }
}

}  // namespace gistmill
