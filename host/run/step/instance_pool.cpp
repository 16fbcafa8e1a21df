// Which instances are alike, and how long they are needed; see instance_pool.hpp.
#include "host/run/step/instance_pool.hpp"

#include <fmt/format.h>

#include <set>

#include "host/plan/options.hpp"
#include "host/run/step/session.hpp"

namespace gistmill {

namespace {

// The pipelines that a part runs.
std::vector<const PlannedPipeline*> pipelines_of(const Plan& plan) {
  std::vector<const PlannedPipeline*> list;
  if (!plan.trained.empty()) list.push_back(plan.pipeline(plan.trained));
  for (const PlannedEvaluation& evaluation : plan.evaluations) {
    for (const PlannedVariant& variant : evaluation.variants) list.push_back(&variant.pipeline);
  }
  return list;
}

// [instance]: 1 if it is called and everything called of it is pure, so that its past does not matter.
std::vector<std::uint8_t> only_pure(const Plan& plan) {
  std::vector<std::uint8_t> pure(plan.instances.size(), 0);
  const std::vector<const PlannedPipeline*> pipelines = pipelines_of(plan);
  for (const PlannedPipeline* pipeline : pipelines) pipeline->mark_used(pure);
  for (const PlannedPipeline* pipeline : pipelines) {
    for (const PlannedCall& call : pipeline->calls) {
      if (call.kind != CallClass::skipped && call.operation->effect != Effect::pure) pure[call.instance] = 0;
    }
  }
  return pure;
}

std::set<std::string> trained_names(const std::vector<Part>& parts) {
  std::set<std::string> names;
  for (const Part& part : parts) {
    if (part.plan.trained.empty()) continue;
    for (const std::size_t index : part.plan.pipeline(part.plan.trained)->train)
      names.insert(part.plan.instances[index].name);
  }
  return names;
}

// Everything but sizes that decides what is started. Empty where an option names a prepared corpus: its file
// is known when the instance is made.
std::string key_of(const PlannedInstance& instance, const RunSettings& run) {
  std::string key =
      fmt::format("{} {} from '{}' parameters '{}' seed {} device {}", instance.name, instance.spec->name,
                  instance.from, instance.parameters, run.seed, run.device);
  for (const PlannedOption& option : instance.options) {
    if (!prepared_names(*instance.spec->option(option.key), option.value).empty()) return "";
    key += fmt::format("\n{} = {}", option.key, option_text(option.value));
  }
  return key;
}

}  // namespace

InstancePool::InstancePool(const std::vector<Part>& parts) {
  const std::set<std::string> trained = trained_names(parts);
  for (const Part& part : parts) {
    const std::vector<std::uint8_t> pure = only_pure(part.plan);
    std::vector<std::string>& keys = keys_.emplace_back(pure.size());
    for (std::size_t i = 0; i < pure.size(); ++i) {
      const PlannedInstance& instance = part.plan.instances[i];
      if (pure[i] == 0 || trained.contains(instance.name)) continue;
      keys[i] = key_of(instance, part.recipe.run);
      last_[keys[i]] = keys_.size() - 1;
    }
  }
}

void InstancePool::begin(std::size_t part) {
  part_ = part;
  std::erase_if(kept_, [&](const auto& entry) { return last_.at(entry.first) < part; });
}

std::shared_ptr<TensorInstance> InstancePool::find(std::size_t index) const {
  const auto found = kept_.find(keys_[part_][index]);
  return found == kept_.end() ? nullptr : found->second.instance;
}

bool InstancePool::started_with(std::size_t index, const Symbols& symbols) const {
  const auto found = kept_.find(keys_[part_][index]);
  return found != kept_.end() && found->second.symbols == symbols;
}

void InstancePool::keep(std::size_t index, const std::shared_ptr<TensorInstance>& instance,
                        const Symbols& symbols) {
  const std::string& key = keys_[part_][index];
  if (key.empty() || last_.at(key) <= part_ || instance->has_state()) return;
  kept_[key] = {instance, symbols};
}

}  // namespace gistmill
