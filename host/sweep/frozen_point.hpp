// A point of a study as it will run, whatever is edited meanwhile: resolved, checked, known by what decides
// its results.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "host/recipe/parsed_files.hpp"
#include "host/registry/registry.hpp"
#include "host/sweep/study.hpp"

namespace gistmill {

struct FrozenPoint {
  std::string id;  // 16 hexadecimal digits of the hash over recipe, plugins, data and version
  Settings settings;
  std::string recipe;  // text of the recipe.lock.toml that it runs
  std::string prefix;  // equal for points that share the results of cached calls; empty: it caches none
};

// Freezes points of one study. Files are parsed, and data files hashed, once for all points.
class PointFreezer {
 public:
  // `figure`: what the points are compared by; empty: their evaluation's own headline.
  PointFreezer(std::filesystem::path study, std::vector<std::string> overrides, const Registry& registry,
               std::string figure);

  // Throws Failure, naming the point: what gistmill validate would refuse, and a point that would not measure
  // the figure when it ends.
  FrozenPoint freeze(const Settings& settings);

 private:
  const std::string& content_of(const std::string& path);

  std::filesystem::path study_;
  std::vector<std::string> overrides_;
  const Registry& registry_;
  std::string figure_;
  ParsedFiles files_;
  std::map<std::string, std::string> contents_;  // path of an option -> digest of what lies there
};

// All points, which must be different recipes: an axis that changes nothing is refused by name. Throws
// Failure.
std::vector<FrozenPoint> freeze(const Study& study, const std::vector<Settings>& points,
                                PointFreezer& freezer);

}  // namespace gistmill
