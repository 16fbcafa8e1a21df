// GM_CALL_TRAIN is set where a vjp follows, and nowhere else: test/witness says how it is called.
#include <gmock/gmock.h>

#include <map>

#include "tests/host/run/run_fixture.hpp"

namespace gistmill {
namespace {

using ::testing::ElementsAre;

class VjpFollowsTest : public RunTest {
 protected:
  // What the witnesses said, in order.
  std::vector<std::string> said() const {
    std::vector<std::string> found;
    for (const auto& event : events("message")) {
      const std::string text = event["text"];
      if (text.find(" is told of ") != std::string::npos || text.find(" goes back") != std::string::npos)
        found.push_back(text);
    }
    return found;
  }
  std::filesystem::path witnesses(const std::string& more) {
    return recipe(R"(
[components]
before  = { use = "test/witness", label = "before" }
trained = { use = "test/witness", label = "trained" }
after   = { use = "test/witness", label = "after" }
aside   = { use = "test/witness", label = "aside" }
[pipelines.train]
steps = ["data.next", { call = "aside.apply", out = { y = "unused" } }, { call = "before.apply", out = { y = "first" } },
  { call = "trained.apply", in = { x = "first" }, out = { y = "second" } },
  { call = "after.apply", in = { x = "second" } }, "loss.value"]
train = ["trained"]
[run]
steps = 1
)" + more);
  }
};

TEST_F(VjpFollowsTest, IsSetInATrainingStepFromTheTrainedCallToTheLossOnly) {
  run(request(witnesses("")));
  EXPECT_THAT(said(),
              ElementsAre("aside is told of none", "before is told of none", "trained is told of a vjp",
                          "after is told of a vjp", "after goes back", "trained goes back"));
}

TEST_F(VjpFollowsTest, IsSetInEveryMicroStep) {
  run(request(witnesses("micro_steps = 2\n")));
  std::map<std::string, int> counts;
  for (const std::string& text : said()) ++counts[text];
  EXPECT_EQ(counts, (std::map<std::string, int>{{"aside is told of none", 2},
                                                {"before is told of none", 2},
                                                {"trained is told of a vjp", 2},
                                                {"after is told of a vjp", 2},
                                                {"trained goes back", 2},
                                                {"after goes back", 2}}));
}

TEST_F(VjpFollowsTest, IsNotSetForAPartOfTheLossOfWeightZero) {
  run(request(recipe(R"(
[components]
trained = { use = "test/witness", label = "trained" }
watched = { use = "test/witness", label = "watched" }
other   = { use = "test/half-squares" }
[pipelines.train]
steps = ["data.next", "trained.apply", "loss.value", { call = "watched.apply", in = { x = "y" }, out = { y = "seen" } },
  { call = "other.value", in = { y = "seen" }, out = { loss = "other_loss" } }]
minimize = { loss = 1.0, other_loss = 0.0 }
train = ["trained"]
[run]
steps = 1
)")));
  EXPECT_THAT(said(),
              ElementsAre("trained is told of a vjp", "watched is told of none", "trained goes back"));
}

TEST_F(VjpFollowsTest, IsNeverSetInAnEvaluation) {
  auto asked = request(recipe(R"(
[components]
trained = { use = "test/witness", label = "trained" }
measure = { use = "test/measure" }
[pipelines.train]
steps = ["data.next", "trained.apply", "loss.value"]
train = ["trained"]
[pipelines.look]
steps = ["data.next", "trained.apply", "measure.measure"]
[evaluations.look]
pipeline = "look"
steps = 2
[run]
steps = 0
)"));
  run(asked);
  EXPECT_THAT(said(), ElementsAre("trained is told of none", "trained is told of none"));
}

}  // namespace
}  // namespace gistmill
