// Creates, binds and starts the instances of a recipe; see session.hpp.
#include "host/run/step/session.hpp"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "host/diagnostic/failure.hpp"
#include "host/instance/plugin_host.hpp"
#include "host/isolate/isolated_process.hpp"
#include "host/machine/device.hpp"
#include "host/plan/options.hpp"
#include "host/run/step/instance_pool.hpp"

namespace gistmill {

std::int64_t trainable_numbers(const std::vector<TensorInstance*>& instances) {
  std::int64_t total = 0;
  for (TensorInstance* instance : instances) {
    for (const Parameter& parameter : instance->parameters()) {
      if (parameter.trainable()) total += parameter.tensor.numel();
    }
  }
  return total;
}

std::unique_ptr<TensorInstance> make_instance(const ComponentUse& use, Registry& registry) {
  const LoadedComponent component = registry.load(use.use, plugin_host());
  PlannedInstance planned;
  planned.name = use.name;
  planned.spec = component.spec;
  planned.options = plan_options(use, *component.spec);
  planned.origin = use.origin;
  return std::make_unique<TensorInstance>(planned, component, plugin_host());
}

Session::Session(const Recipe& recipe, Plan plan, Registry& registry, Events& events, SessionUse use,
                 const PreparedPath& prepared, InstancePool* pool)
    : recipe_(recipe), plan_(std::move(plan)) {
  set_plugin_events(&events);
  const std::vector<std::uint8_t> wanted = needed(use);
  instances_.resize(plan_.instances.size());
  for (std::size_t i = 0; i < plan_.instances.size(); ++i) {
    if (wanted[i] == 0) continue;
    if (use == SessionUse::describe && !has_corpora(plan_.instances[i], plan_, prepared)) continue;
    if (pool != nullptr) instances_[i] = pool->find(i);
    if (instances_[i] == nullptr) instances_[i] = make(i, registry, prepared);
  }
  bind_symbols(plan_, [this](const PlannedInstance& planned, const std::string& symbol) -> std::int64_t {
    TensorInstance* instance = find(planned.name);
    return instance == nullptr ? kNotMade : instance->symbol(symbol);
  });
  start(use, registry, prepared, pool);
  const bool computes = use == SessionUse::train_and_evaluate || use == SessionUse::evaluate;
  // What lies on a device would have to come to main memory first, which a step must not wait for.
  if (computes && recipe_.cache.max_gb > 0 &&
      device_of(recipe_.run.device, recipe_.run.device_origin).is_cpu())
    open_cache(use, events);
}

std::shared_ptr<TensorInstance> Session::make(std::size_t index, Registry& registry,
                                              const PreparedPath& prepared) const {
  const PlannedInstance planned = with_corpora(plan_.instances[index], plan_, prepared);
  if (planned.isolation) set_isolated_threads(at::get_num_threads());
  return std::make_shared<TensorInstance>(planned, component_for(planned, registry), plugin_host());
}

void Session::start(SessionUse use, Registry& registry, const PreparedPath& prepared, InstancePool* pool) {
  const at::Device device = device_of(recipe_.run.device, recipe_.run.device_origin);
  const std::vector<TensorInstance*> trains = trained();
  for (std::size_t i = 0; i < instances_.size(); ++i) {
    if (instances_[i] == nullptr) continue;
    const auto& symbols = plan_.instances[i].symbols;
    if (instances_[i]->started()) {
      if (pool->started_with(i, symbols)) continue;
      instances_[i] = make(i, registry, prepared);  // other sizes make another instance
    }
    const bool is_trained = std::find(trains.begin(), trains.end(), instances_[i].get()) != trains.end();
    if (use == SessionUse::describe && !is_trained) continue;
    instances_[i]->start_on(device, symbols, static_cast<std::uint64_t>(recipe_.run.seed));
    if (pool != nullptr) pool->keep(i, instances_[i], symbols);
  }
}

std::vector<const PlannedPipeline*> Session::pipelines(SessionUse use) const {
  std::vector<const PlannedPipeline*> list;
  if (use != SessionUse::evaluate && !plan_.trained.empty()) list.push_back(plan_.pipeline(plan_.trained));
  if (use == SessionUse::train) return list;
  for (const PlannedEvaluation& evaluation : plan_.evaluations) {
    for (const PlannedVariant& variant : evaluation.variants) list.push_back(&variant.pipeline);
  }
  return list;
}

void Session::open_cache(SessionUse use, Events& events) {
  std::set<std::string> calls;
  for (const PlannedPipeline* pipeline : pipelines(use)) {
    for (const PlannedCall& call : pipeline->calls) {
      if (!call.cached || call.kind == CallClass::skipped) continue;
      check_cached(call, *instances_[call.instance]);
      calls.insert(call.name);
    }
  }
  if (calls.empty()) return;
  cache_ =
      std::make_unique<CallCache>(std::filesystem::path(recipe_.run.prepared) / "calls", recipe_.cache.max_gb,
                                  trained(), events, std::vector<std::string>(calls.begin(), calls.end()));
}

std::vector<std::uint8_t> Session::needed(SessionUse use) const {
  std::vector<std::uint8_t> used(plan_.instances.size(), 0);
  for (const PlannedPipeline* pipeline : pipelines(use)) pipeline->mark_used(used);
  const bool optimizes = use == SessionUse::train_and_evaluate || use == SessionUse::train;
  for (std::size_t i = 0; i < used.size(); ++i) {
    const PlannedInstance& instance = plan_.instances[i];
    if (optimizes && !plan_.trained.empty() && instance.name == recipe_.run.optimizer) used[i] = 1;
    if (use == SessionUse::train_and_evaluate && !plan_.trained.empty() &&
        std::ranges::count(recipe_.run.monitors, instance.name) > 0)
      used[i] = 1;
    if (use != SessionUse::describe) continue;
    const bool answers = std::any_of(instance.spec->symbols.begin(), instance.spec->symbols.end(),
                                     [](const SymbolSpec& symbol) { return symbol.option.empty(); });
    if (!answers && !instance.spec->parameters) used[i] = 0;
  }
  return used;
}

std::vector<TensorInstance*> Session::instances() const {
  std::vector<TensorInstance*> list;
  for (const auto& instance : instances_) list.push_back(instance.get());
  return list;
}

TensorInstance* Session::find(std::string_view name) const {
  for (const auto& instance : instances_) {
    if (instance != nullptr && instance->name() == name) return instance.get();
  }
  return nullptr;
}

std::vector<TensorInstance*> Session::trained() const {
  std::vector<TensorInstance*> list;
  if (plan_.trained.empty()) return list;
  for (const std::size_t index : plan_.pipeline(plan_.trained)->train)
    list.push_back(instances_[index].get());
  return list;
}

std::vector<TensorInstance*> Session::monitors() const {
  std::vector<TensorInstance*> list;
  if (plan_.trained.empty()) return list;
  for (const std::string& name : recipe_.run.monitors) list.push_back(find(name));
  return list;
}

std::vector<TensorInstance*> Session::stateful(const PlannedPipeline& pipeline) const {
  std::vector<std::uint8_t> used(plan_.instances.size(), 0);
  pipeline.mark_used(used);
  std::vector<TensorInstance*> list;
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (used[i] != 0 && instances_[i] != nullptr && instances_[i]->has_state())
      list.push_back(instances_[i].get());
  }
  return list;
}

}  // namespace gistmill
