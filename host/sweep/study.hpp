// A study: a recipe with [sweep], and the points that its axes span.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "host/recipe/recipe.hpp"
#include "host/sweep/slurm.hpp"

namespace gistmill {

// axes."components.gist.width" = [256, 512]
struct Axis {
  std::string key;
  std::vector<Value> values;
  Origin origin;
};

struct Study {
  std::filesystem::path path;
  std::vector<Axis> axes;                        // in the order of the file
  std::vector<std::vector<std::size_t>> groups;  // axes that move together; every axis is in one group
  std::vector<std::vector<std::pair<std::string, Value>>> exclude;
  std::int64_t sample = 0;  // most points; 0: all
  std::string headline;     // figure that the table is about; empty: the evaluation's own
  std::string variant;      // row of the evaluation; empty: the first that was trained
  SlurmSettings slurm;
};

// What sets one point apart.
struct Setting {
  std::string key;
  std::string value;  // as TOML
};
using Settings = std::vector<Setting>;  // one for each axis, in their order

// Reads [sweep] of a recipe. Throws Failure (ExitCode::recipe): there is none, an axis without values, tied
// axes of different lengths, a key that is no axis.
Study read_study(const Recipe& recipe);

// Every combination of the axes' values but the excluded ones, the last axis fastest; with `sample` that many
// of them, drawn by the points' own settings, so that a longer axis keeps the points drawn before where it
// can. Throws Failure where nothing is left.
std::vector<Settings> points_of(const Study& study);

// "components.gist.width=256"
std::vector<std::string> overrides_of(const Settings& settings);
std::string text_of(const Settings& settings);  // "components.gist.width=256 run.seed=1"

}  // namespace gistmill
