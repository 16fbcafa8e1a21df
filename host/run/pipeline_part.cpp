#include "host/run/pipeline_part.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "host/instance/plugin_host.hpp"

namespace gistmill {

std::optional<std::size_t> output_of(const PlannedCall& call, std::string_view name) {
  for (std::size_t i = 0; i < call.outputs.size(); ++i) {
    if (call.outputs[i].port->name == name) return i;
  }
  return std::nullopt;
}

std::int64_t size_of(const PlannedPipeline& pipeline, const PlannedOutput& output, std::size_t axis) {
  if (axis >= output.type.shape.size()) return -1;
  const Dimension& dimension = output.type.shape[axis];
  if (dimension.symbol.empty()) return dimension.fixed;
  const std::map<std::string, std::int64_t> known = pipeline.known_symbols();
  const auto found = known.find(dimension.symbol);
  return found == known.end() ? -1 : found->second;
}

void keep_what_leads_to(PlannedPipeline& pipeline, std::size_t call, std::optional<std::size_t> given) {
  std::vector<std::uint8_t> leads(pipeline.calls.size(), 0);
  leads[call] = 1;
  for (std::size_t i = call + 1; i-- > 0;) {
    if (leads[i] == 0 || i == given) continue;
    for (const PlannedInput& input : pipeline.calls[i].inputs)
      if (input.source) leads[input.source->call] = 1;
  }
  for (std::size_t i = 0; i < leads.size(); ++i) {
    if (leads[i] == 0) pipeline.calls[i].kind = CallClass::skipped;
  }
}

std::vector<std::uint8_t> used_by(const PlannedPipeline& pipeline, std::size_t instances, std::size_t given) {
  std::vector<std::uint8_t> used(instances, 0);
  for (std::size_t i = 0; i < pipeline.calls.size(); ++i) {
    if (pipeline.calls[i].kind != CallClass::skipped && i != given) used[pipeline.calls[i].instance] = 1;
  }
  return used;
}

void free_other_sizes(PlannedPipeline& pipeline, const std::vector<std::uint8_t>& used) {
  for (PlannedSymbol& symbol : pipeline.symbols) {
    const bool declared = std::ranges::any_of(symbol.declared, [&](const SymbolDeclaration& declaration) {
      return used[declaration.instance] != 0;
    });
    if (!declared) symbol.value.reset();
  }
}

UsedInstances::UsedInstances(const Session& session, Registry& registry, const PlannedPipeline& pipeline,
                             std::size_t given) {
  const std::vector<PlannedInstance>& planned = session.plan().instances;
  const std::vector<std::uint8_t> used = used_by(pipeline, planned.size(), given);
  all_ = session.instances();
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (used[i] == 0) {
      all_[i] = nullptr;
      continue;
    }
    if (all_[i] == nullptr) {  // it has no parameters, and answers no size
      made_.push_back(
          std::make_unique<TensorInstance>(planned[i], component_for(planned[i], registry), plugin_host()));
      all_[i] = made_.back().get();
    }
    if (!all_[i]->started())
      all_[i]->start_on(at::kCPU, planned[i].symbols, static_cast<std::uint64_t>(session.recipe().run.seed));
  }
}

std::vector<TensorInstance*> UsedInstances::without(const TensorInstance& instance) const {
  std::vector<TensorInstance*> others;
  for (TensorInstance* one : all_) {
    if (one != nullptr && one != &instance) others.push_back(one);
  }
  return others;
}

}  // namespace gistmill
