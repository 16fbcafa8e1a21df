// The ladder by the real program and model: rungs that share a document's pass have the figures that each has
// alone.
#include <gmock/gmock.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/e2e/small_training.hpp"

namespace gistmill {
namespace {

class LadderTest : public TrainTest {
 protected:
  // Every figure of every rung: {rung, figure} -> value, where it has one.
  using Figures = std::map<std::pair<std::string, std::string>, double>;

  // tests/bench/ladder.toml in f32 on three spans of each of two documents, with `variants` as its last
  // layer.
  Figures measure(const std::string& name, const std::string& variants) {
    write(name + ".toml", "extends = '" GISTMILL_SOURCE_DIR
                          "/tests/bench/ladder.toml'\n[run]\nsteps = 0\n"
                          "[components]\nteacher = { dtype = 'f32' }\n[evaluations.heldout]\n" +
                              variants);
    const Answer answer =
        gistmill("run " + name + ".toml" + small() + " --set components.heldout.spans=3 --folder " + name);
    EXPECT_EQ(answer.code, 0) << answer.err;
    Figures figures;
    const auto summary = nlohmann::json::parse(read(folder_ / name / "summary.json"));
    for (const auto& entry : summary["evaluations"][0]["entries"]) {
      if (entry["value"].is_number()) figures[{entry["variant"], entry["figure"]}] = entry["value"];
    }
    return figures;
  }
};

TEST_F(LadderTest, MeasuresEachRungAsItIsMeasuredAlone) {
  const std::vector<std::pair<std::string, std::string>> rungs = {
      {"dropped", "dropped"},
      {"last4", "last 4 in place"},
      {"gist", "contextual"},
      {"kv-expected", "1 entry, expected attention"}};
  const Figures together = measure("together", "");
  for (const auto& [rung, title] : rungs) {
    std::string others = "reference = ''\npaired = ''\n[evaluations.heldout.variants]\n";
    for (const char* other :
         {"dropped", "zero", "mean", "last1", "last2", "last4", "last8", "gist", "refine", "vector",
          "mean-linear", "query", "kv-random", "kv-norm", "kv-differs", "kv-attended", "kv-expected"})
      if (other != rung) others += std::string(other) + " = false\n";
    const Figures alone = measure(rung, others);
    EXPECT_TRUE(alone.contains({title, "delta_nll.64"})) << title;
    for (const auto& [place, value] : alone) {
      ASSERT_TRUE(together.contains(place)) << place.first << ", " << place.second;
      EXPECT_NEAR(value, together.at(place), 1e-5 * std::max(1.0, std::abs(value)))
          << place.first << ", " << place.second;
    }
  }
}

}  // namespace
}  // namespace gistmill
