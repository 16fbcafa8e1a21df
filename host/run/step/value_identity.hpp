// Identifies values by how they were computed, to avoid hashing their contents. A pure call of an instance
// that is not trained gives the same results for the same inputs: their identity is a hash of everything that
// they depend on. Any other tensor is identified by its contents. Generic: knows calls and values, never what
// they mean.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/plan/plan.hpp"
#include "host/run/step/tensor_instance.hpp"

namespace gistmill {

// What decides an instance's results besides the inputs: its identity (host/identity), and besides it sizes,
// parameters and the machine, for rounding differs with processor and threads. One for a session.
class InstanceIdentities {
 public:
  // trained: the instances whose parameters change; they have no identity.
  explicit InstanceIdentities(std::vector<TensorInstance*> trained);

  bool has(const TensorInstance& instance) const;
  // JSON. Computed at the first call: parameters are in place then, and stay. Throws Failure.
  const std::string& of(TensorInstance& instance);

 private:
  std::vector<TensorInstance*> trained_;
  std::map<const TensorInstance*, std::string> known_;
};

struct CallKey {
  std::string group;     // digest of `identity`
  std::string identity;  // JSON: the instance's, and the operation
  std::string key;       // digest of the group and the inputs: what the results are found by
};

// The identities of one pipeline's values in one step.
class ValueIdentities {
 public:
  // Gives the value of a slot, where need be by running the call that writes it.
  using Values = std::function<SlotValue(const SlotRef&)>;

  // All outlive this. instances: in the order of Plan::instances.
  ValueIdentities(const PlannedPipeline& pipeline, std::vector<TensorInstance*> instances,
                  InstanceIdentities& identities);

  // Forgets the step before.
  void begin_step();

  // Empty where the call is not pure, its instance trains, or an input is an object that no key leads to.
  const std::optional<CallKey>& key(std::size_t call, const Values& values);

 private:
  std::optional<CallKey> make_key(std::size_t call, const Values& values);
  // "" where there is none.
  std::string identity(const SlotRef& slot, const Values& values);

  const PlannedPipeline& pipeline_;
  std::vector<TensorInstance*> instances_;
  InstanceIdentities& identities_;
  std::vector<CallKey> fixed_;                                           // [call]; the key is empty
  std::vector<std::optional<std::optional<CallKey>>> keys_;              // [call] of this step
  std::map<std::pair<std::size_t, std::size_t>, std::string> contents_;  // call, output
};

}  // namespace gistmill
