// What tests of runs with objects share: recipes on the plugins `plain` and `notes`, and what such a run
// leaves.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/host/run/run_fixture.hpp"

namespace gistmill {

class PagesTest : public RunTest {
 protected:
  static constexpr const char* kPages = "notes/pages.toml";
  static constexpr const char* kMeasure = "notes/measure.toml";

  // Four steps over two pages, with `cache` of the calls: the third and fourth step are a second epoch.
  std::filesystem::path cached(const std::string& cache, const std::string& more = "",
                               const std::string& name = "recipe.toml") {
    return write(name, over({kPages}) + "[pipelines.train]\ncache = " + cache + "\n[run]\nprepared = \"" +
                           (folder_ / "prepared").string() + "\"\n" + more);
  }

  // A layer that has `instance`, a test/scale, trained in the place of scale, with a checkpoint at every
  // step.
  static std::string training(const std::string& instance) {
    return "[components]\n" + instance + R"( = { use = "test/scale" }
[pipelines.train]
steps = ["pages.next", "reader.read", "reader.weight", "reader.sum", ")" +
           instance + R"(.apply", "loss.value"]
train = [")" +
           instance +
           R"("]
[learning_rate]
peak = 0.1
floor = 0.01
[checkpoints]
every = 1
keep = 99
)";
  }

  std::filesystem::path checkpoint(const std::string& stage, int step, const std::string& run = "run") const {
    return folder_ / run / "checkpoints" / stage / ("step-00000" + std::to_string(step));
  }

  std::vector<double> losses(const std::string& run = "run") const {
    std::vector<double> values;
    for (const auto& step : events("step", run)) values.push_back(step["loss"]);
    return values;
  }
};

}  // namespace gistmill
