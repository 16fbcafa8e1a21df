// The prepared files that the recipes of one process ask for, each looked up or made once.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "host/plan/plan.hpp"
#include "host/prepare/prepare.hpp"
#include "host/prepare/two_sides.hpp"
#include "host/recipe/recipe.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

class PreparedCorpora {
 public:
  struct Named {
    std::string pipeline;
    PreparedFile file;
  };

  // `registry` and what `listener` refers to outlive this. `missing` make_again: once.
  PreparedCorpora(Registry& registry, PrepareListener listener, WhereMissing missing = WhereMissing::make)
      : registry_(registry), listener_(std::move(listener)), missing_(missing) {}
  PreparedCorpora(const PreparedCorpora&) = delete;
  PreparedCorpora& operator=(const PreparedCorpora&) = delete;

  // Answers a pipeline of `recipe` with its file, made now where it is not there; also where several parts
  // ask for the same. Warns where another corpus of this process splits the same texts in another way.
  // `starting`: from which parameters what is made starts. `recipe` and this outlive the result.
  PreparedPath of(const Recipe& recipe, StartingPoints starting = named_parameters);
  // In the order in which they were ready.
  const std::vector<Named>& files() const { return files_; }

 private:
  std::filesystem::path path_of(const Recipe& recipe, const Plan& plan, const std::string& pipeline,
                                const StartingPoints& starting);

  Registry& registry_;
  PrepareListener listener_;
  WhereMissing missing_;
  std::vector<Named> files_;
  std::map<std::string, std::filesystem::path> paths_;  // by what decides the file
  TwoSides two_sides_;                                  // of these
};

// The instance with the files of the prepared corpora that its options name, each asked of `prepared`.
PlannedInstance with_corpora(PlannedInstance instance, const Plan& plan, const PreparedPath& prepared);
// Whether `prepared` knows all of them: it answers an empty path for one that is not there.
bool has_corpora(const PlannedInstance& instance, const Plan& plan, const PreparedPath& prepared);

}  // namespace gistmill
