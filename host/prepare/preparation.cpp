#include "host/prepare/preparation.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <utility>

#include "host/diagnostic/failure.hpp"
#include "host/instance/array_call.hpp"
#include "host/instance/plugin_host.hpp"
#include "host/prepare/prepared_corpora.hpp"

namespace gistmill {
namespace {

// The sizes that instances know.
void ask_sizes(Preparation& made) {
  bind_symbols(made.plan, [&made](const PlannedInstance& planned, const std::string& symbol) -> std::int64_t {
    const auto index =
        static_cast<std::size_t>(made.plan.instance(planned.name) - made.plan.instances.data());
    Instance* instance = made.instances[index];
    return instance == nullptr ? kNotMade : instance->symbol(symbol);
  });
}

}  // namespace

void Preparation::start(Instance& instance) const {
  if (instance.started()) return;
  instance.start(plan.instance(instance.name())->symbols, seed);
  if (const auto from = starting.find(instance.name()); from != starting.end())
    load_parameters(from->second, instance);
}

Preparation preparation_of(const Recipe& recipe, const Plan& plan, const PlannedPipeline& pipeline,
                           Registry& registry, const PreparedFrom& from) {
  Preparation result;
  result.plan = plan;
  result.seed = static_cast<std::uint64_t>(recipe.run.seed);
  result.instances.resize(plan.instances.size(), nullptr);
  std::vector<std::uint8_t> used(plan.instances.size(), 0);
  pipeline.mark_used(used);
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (used[i] == 0) continue;
    const PlannedInstance planned = with_corpora(plan.instances[i], plan, from.corpora);
    result.owned.push_back(
        std::make_unique<Instance>(planned, component_for(planned, registry), plugin_host()));
    Instance* instance = result.owned.back().get();
    result.instances[i] = instance;
    if (planned.spec->parameters) {
      if (auto starting = from.starting(planned)) result.starting.emplace(planned.name, std::move(*starting));
    }
    if (const auto* store = instance->extension<gm_store_extension>(GM_STORE_EXTENSION); store != nullptr) {
      result.store = instance;
      result.extension = store;
    }
  }
  if (result.store == nullptr) {
    throw Failure(
        ExitCode::recipe, pipeline.origin,
        fmt::format("pipeline '{}' prepares nothing: none of its components is a store", pipeline.name));
  }
  ask_sizes(result);
  return result;
}

std::string defect_of(const Preparation& made, const std::filesystem::path& path) {
  if (made.store->planned().spec->operation("check") == nullptr) return "";
  made.start(*made.store);
  return text_of(call_operation(*made.store, "check", {{"path", bytes_array(path.string())}}).at("defect"));
}

}  // namespace gistmill
