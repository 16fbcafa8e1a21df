// diff of two runs, through the real program.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/measured_runs.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class DiffRunsTest : public MeasuredRunsTest {
 protected:
  void two_runs(const std::string& words_of_second = "") {
    measured_at("one.toml", "0.1");
    measured_at("two.toml", "0.2");
    ASSERT_EQ(run("one.toml --folder one").code, 0);
    ASSERT_EQ(run("two.toml --folder two " + words_of_second).code, 0);
  }
};

TEST_F(DiffRunsTest, PairsTheItemsThatBothMeasured) {
  two_runs();
  const Answer answer = gistmill("diff one two");
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("learning_rate.peak  0.1 -> 0.2\n"));
  EXPECT_THAT(answer.out, HasSubstr("look score, look"));
  EXPECT_THAT(answer.out, HasSubstr("(paired -"));
  EXPECT_THAT(answer.out, HasSubstr(", 8 items)"));
  EXPECT_THAT(answer.out, Not(HasSubstr("unpaired")));
  const auto json = nlohmann::json::parse(gistmill("diff one two --json").out);
  const auto& figure = json["figures"][0];
  EXPECT_EQ(figure["figure"], "score");
  EXPECT_NEAR(figure["paired"].get<double>(), figure["right"].get<double>() - figure["left"].get<double>(),
              1e-9);
  EXPECT_GT(figure["paired_standard_error"].get<double>(), 0.0);
  EXPECT_EQ(figure["paired_items"], 8);
}

TEST_F(DiffRunsTest, SaysThatItemsOfOtherDataAreUnpaired) {
  two_runs("--set components.talk.size=3 --set components.data.size=3");
  const Answer answer = gistmill("diff one two");
  EXPECT_THAT(answer.out, HasSubstr(", unpaired)"));
  EXPECT_THAT(answer.out, Not(HasSubstr("(paired")));
}

// The error of a difference on the same items is far below that of two runs on items of their own.
TEST_F(DiffRunsTest, ARunWithoutItemsIsComparedUnpaired) {
  two_runs();
  std::filesystem::remove_all(folder_ / "two/items");
  EXPECT_THAT(gistmill("diff one two").out, HasSubstr("unpaired"));
  EXPECT_TRUE(nlohmann::json::parse(gistmill("diff one two --json").out)["figures"][0]["paired"].is_null());
}

}  // namespace
}  // namespace gistmill
