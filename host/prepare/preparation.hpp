// The instances of a pipeline that prepares a file, its store among them.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "host/instance/instance.hpp"
#include "host/plan/plan.hpp"
#include "host/prepare/prepare.hpp"
#include "host/recipe/recipe.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

// Its end destroys the instances: an uncommitted store removes its temporary file.
struct Preparation {
  Plan plan;  // with the sizes that the instances answer
  std::vector<std::unique_ptr<Instance>> owned;
  std::vector<Instance*>
      instances;  // in the order of Plan::instances; null where the pipeline has no use for it
  Instance* store = nullptr;
  const gm_store_extension* extension = nullptr;  // of the store
  std::uint64_t seed = 0;
  std::map<std::string, StartingParameters> starting;  // by instance, of those that start from some

  // Starts an instance that was not started already, with its parameters in place.
  void start(Instance& instance) const;
};

// Made, not started. Throws Failure, also where none of its components is a store.
Preparation preparation_of(const Recipe& recipe, const Plan& plan, const PlannedPipeline& pipeline,
                           Registry& registry, const PreparedFrom& from);

// What its store says is wrong with a file that was committed; "" where nothing is, or the store does not
// tell.
std::string defect_of(const Preparation& made, const std::filesystem::path& path);

}  // namespace gistmill
