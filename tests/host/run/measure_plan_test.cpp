// plan: three steps in a scratch, memory by part, and what fits where the recipe does not.
#include "host/run/measure_plan.hpp"

#include <gmock/gmock.h>

#include "tests/host/run/run_fixture.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class MeasurePlanTest : public RunTest {
 protected:
  // A recipe whose items are the numbers of x: about 30 bytes each in values, gradients and moments.
  std::filesystem::path sized(std::int64_t size) {
    return recipe("[components]\ndata = { use = \"test/ramp\", size = " + std::to_string(size) +
                  " }\n[run]\nitems = \"x\"\n");
  }
  RunOutcome plan(const std::filesystem::path& path, std::uint64_t memory = 0, bool measure = true) {
    RunRequest asked = request(path);
    asked.verb = RunVerb::plan;
    asked.memory = memory;
    asked.measure = measure;
    return run(asked);
  }
  static nlohmann::json measured(const RunOutcome& outcome) {
    return nlohmann::json::parse(outcome.json)[0]["measured"];
  }
};

TEST_F(MeasurePlanTest, TellsTimeAndMemoryOfARecipeThatFitsAndWritesNothing) {
  const RunOutcome outcome = plan(sized(2'000'000));
  EXPECT_EQ(outcome.code, ExitCode::ok);
  EXPECT_THAT(outcome.text, HasSubstr("minimizes loss; trains scale; 8 steps"));
  EXPECT_THAT(outcome.text, HasSubstr("for 8 steps"));
  EXPECT_THAT(outcome.text, HasSubstr("kept for the gradient"));
  EXPECT_THAT(outcome.text, HasSubstr("GEMM peak"));
  const auto json = measured(outcome);
  EXPECT_TRUE(json["fits"].get<bool>());
  EXPECT_GT(json["seconds_per_step"], 0);
  EXPECT_EQ(json["items"]["option"], "components.data.size");
  // x and y, 4 bytes a number, live on the heap from the forward to the backward.
  EXPECT_NEAR(json["memory"]["kept_bytes"].get<double>(), 16e6, 2e6);
  // gradient and two moments; the count of updates is 4 bytes.
  EXPECT_EQ(json["memory"]["optimizer_bytes"], 3 * 8'000'000 + 4);
  double sum = 0;
  for (const auto& [name, bytes] : json["memory"].items()) sum += bytes.get<double>();
  EXPECT_EQ(sum, json["needed_bytes"].get<double>());
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run"));
}

TEST_F(MeasurePlanTest, TellsTheLargestSizeThatFits) {
  const std::int64_t size = 8'000'000;
  const std::uint64_t needed = measured(plan(sized(size)))["needed_bytes"];
  const std::uint64_t memory = needed - 100'000'000;
  const RunOutcome refused = plan(sized(size), memory);
  EXPECT_EQ(refused.code, ExitCode::does_not_fit);
  const auto json = measured(refused);
  EXPECT_FALSE(json["fits"].get<bool>());
  const std::int64_t largest = json["items"]["largest"];
  EXPECT_GT(largest, size / 4);
  EXPECT_LT(largest, size);
  const std::string way_out = "--set components.data.size=" + std::to_string(largest);
  EXPECT_THAT(refused.text, HasSubstr(way_out));
  EXPECT_THAT(talk_, HasSubstr(way_out)) << "said as an error too";

  const RunOutcome fits = plan(sized(largest), memory + 30'000'000);
  EXPECT_EQ(fits.code, ExitCode::ok) << fits.text;
}

TEST_F(MeasurePlanTest, SaysThatNotEvenOneItemFits) {
  const RunOutcome outcome = plan(sized(1000), 1'000'000);
  EXPECT_EQ(outcome.code, ExitCode::does_not_fit);
  EXPECT_THAT(outcome.text, HasSubstr("when 1 MB is available; not even one fits"));
}

TEST_F(MeasurePlanTest, ARecipeWithoutItemsIsMeasuredAtItsSize) {
  EXPECT_EQ(plan(recipe()).code, ExitCode::ok);
  const RunOutcome outcome = plan(recipe(), 1'000'000);
  EXPECT_EQ(outcome.code, ExitCode::does_not_fit);
  EXPECT_FALSE(measured(outcome).contains("items"));
}

TEST_F(MeasurePlanTest, SaysWhyItCannotMeasureAndStillPlans) {
  const auto path = recipe("[components]\ndata = { use = \"test/ramp\", calls = 2 }\n");
  const RunOutcome outcome = plan(path);
  EXPECT_EQ(outcome.code, ExitCode::ok);
  EXPECT_THAT(outcome.text, HasSubstr("scale (test/scale) trains 4 parameters"));
  EXPECT_THAT(outcome.text, HasSubstr("not measured: the data ended at step 3"));
}

TEST_F(MeasurePlanTest, MeasuresNothingIfAskedNotTo) {
  const RunOutcome outcome = plan(sized(1000), 0, false);
  EXPECT_THAT(outcome.text, Not(HasSubstr("memory")));
  EXPECT_THAT(outcome.text, Not(HasSubstr("machine")));
  EXPECT_TRUE(measured(outcome).is_null());
}

}  // namespace
}  // namespace gistmill
