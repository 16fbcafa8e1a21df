// The instances of one recipe, made and started: what training, evaluating and planning work on.
// Not the loop, not the run folder.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "host/plan/plan.hpp"
#include "host/prepare/prepared_corpora.hpp"
#include "host/recipe/recipe.hpp"
#include "host/registry/registry.hpp"
#include "host/run/step/call_cache.hpp"
#include "host/run/step/events.hpp"
#include "host/run/step/tensor_instance.hpp"

namespace gistmill {

// Which instances a session makes.
enum class SessionUse {
  train_and_evaluate,  // those of the training pipeline, the optimizer, and all evaluations
  train,               // those of the training pipeline, and the optimizer
  evaluate,            // those of the evaluations
  describe,            // those that answer sizes or have parameters; only what trains is started. What reads
                       // a corpus that is not there is not made
};

class InstancePool;

class Session {
 public:
  // Creates, binds symbols, starts. `plan` is the recipe's; `prepared` answers a prepared pipeline's file
  // (see prepare.hpp); `pool`: what earlier parts started and later ones may take, or null. recipe, registry,
  // events and pool outlive the session. Throws Failure.
  Session(const Recipe& recipe, Plan plan, Registry& registry, Events& events, SessionUse use,
          const PreparedPath& prepared, InstancePool* pool = nullptr);

  const Recipe& recipe() const { return recipe_; }
  const Plan& plan() const { return plan_; }

  // In the order of Plan::instances; null where it did not need one.
  std::vector<TensorInstance*> instances() const;
  TensorInstance* find(std::string_view name) const;

  // The instances whose parameters the training pipeline changes.
  std::vector<TensorInstance*> trained() const;
  // Instances whose parameters an earlier part of the run trained.
  void set_carried(std::set<std::string> names) { carried_ = std::move(names); }
  bool is_carried(const std::string& name) const { return carried_.contains(name); }
  // What decides how training goes on: of run.monitors, in that order. Empty where nothing trains.
  std::vector<TensorInstance*> monitors() const;
  // What keeps the results of cached calls; null where the session has none, or is not to keep any.
  CallCache* cache() const { return cache_.get(); }

  // The stateful instances of a pipeline, each once.
  std::vector<TensorInstance*> stateful(const PlannedPipeline& pipeline) const;

 private:
  std::vector<std::uint8_t> needed(SessionUse use) const;
  std::vector<const PlannedPipeline*> pipelines(SessionUse use) const;
  std::shared_ptr<TensorInstance> make(std::size_t index, Registry& registry,
                                       const PreparedPath& prepared) const;
  void start(SessionUse use, Registry& registry, const PreparedPath& prepared, InstancePool* pool);
  void open_cache(SessionUse use, Events& events);

  const Recipe& recipe_;
  Plan plan_;
  std::vector<std::shared_ptr<TensorInstance>> instances_;  // shared with the pool
  std::set<std::string> carried_;
  std::unique_ptr<CallCache> cache_;
};

// Makes an instance that no recipe names: the run's own logger, the one optimizer of a plan.
std::unique_ptr<TensorInstance> make_instance(const ComponentUse& use, Registry& registry);

// How many numbers train: parameters marked trainable.
std::int64_t trainable_numbers(const std::vector<TensorInstance*>& instances);

}  // namespace gistmill
