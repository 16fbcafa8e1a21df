// --metrics-path, --save-plot and the verb report: what a user gets of a run beside its folder.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/program.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class RunOutputsTest : public ProgramTest {
 protected:
  Answer run(const std::string& more) {
    write("ramp.toml", ramp());
    return gistmill("run ramp.toml " + test_plugins() + more);
  }
  std::vector<std::int64_t> steps_of(const std::string& file) const {
    return nlohmann::json::parse(read(folder_ / file)).at("stages").at(0).at("step");
  }
};

TEST_F(RunOutputsTest, ARunWritesItsLossesAndTheirCurveToFoldersThatItMakes) {
  const Answer answer = run("--metrics-path out/metrics.json --save-plot out/loss.svg");
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_EQ(steps_of("out/metrics.json"), (std::vector<std::int64_t>{1, 2}));
  EXPECT_THAT(read(folder_ / "out/loss.svg"), HasSubstr("ramp: loss"));
}

TEST_F(RunOutputsTest, AFinishedRunThatIsResumedWritesThemToo) {
  ASSERT_EQ(run("").code, 0);
  const Answer answer = run("--resume --metrics-path metrics.json");
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_EQ(steps_of("metrics.json"), (std::vector<std::int64_t>{1, 2}));
}

TEST_F(RunOutputsTest, AStoppedRunWritesWhatItDid) {
  write("ramp.toml", ramp());
  const Answer answer =
      gistmill("run ramp.toml --set run.steps=100000000 --metrics-path metrics.json " + test_plugins(),
               "timeout --foreground --preserve-status -s TERM 2");
  ASSERT_EQ(answer.code, 75) << answer.err;
  const auto steps = steps_of("metrics.json");
  ASSERT_FALSE(steps.empty());
  EXPECT_EQ(steps.back(), static_cast<std::int64_t>(steps.size()));
}

TEST_F(RunOutputsTest, APictureOfAnotherKindIsRefusedBeforeTheRun) {
  const Answer answer = run("--save-plot loss.jpg");
  EXPECT_EQ(answer.code, 2);
  EXPECT_THAT(answer.err, HasSubstr("--save-plot is 'loss.jpg' when it should end in .svg or .png"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "runs"));
}

TEST_F(RunOutputsTest, APlaceThatCannotBeWrittenFailsNoRun) {
  write("file", "");
  const Answer answer = run("--metrics-path file/metrics.json");
  EXPECT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(answer.err, HasSubstr("warning: "));
  EXPECT_THAT(answer.err, HasSubstr("file"));
}

TEST_F(RunOutputsTest, APngIsWrittenOrAnSvgAndTheReason) {
  const Answer answer = run("--save-plot loss.png");
  ASSERT_EQ(answer.code, 0) << answer.err;
  if (std::filesystem::exists(folder_ / "loss.png")) {
    EXPECT_THAT(read(folder_ / "loss.png"), StartsWith("\x89PNG"));
  } else {
    EXPECT_THAT(answer.err, HasSubstr("loss.png not written: "));
    EXPECT_THAT(answer.err, HasSubstr("the curve is in loss.svg"));
    EXPECT_TRUE(std::filesystem::exists(folder_ / "loss.svg"));
  }
}

TEST_F(RunOutputsTest, APlanInTheRunsFolderStandsBesideWhatTheRunTook) {
  write("ramp.toml", ramp());
  const Answer plan = gistmill("plan ramp.toml --folder runs/ramp " + test_plugins());
  ASSERT_EQ(plan.code, 0) << plan.err;
  EXPECT_TRUE(nlohmann::json::parse(read(folder_ / "runs/ramp/plan.json"))[0]["measured"].contains(
      "seconds_per_step"));
  ASSERT_EQ(run("").code, 0);
  EXPECT_THAT(read(folder_ / "runs/ramp/report.html"),
              HasSubstr("what gistmill plan measured before the run"));
}

TEST_F(RunOutputsTest, ReportMakesThePageAgain) {
  ASSERT_EQ(run("").code, 0);
  const std::string page = read(folder_ / "runs/ramp/report.html");
  std::filesystem::remove(folder_ / "runs/ramp/report.html");
  const Answer answer = gistmill("report runs/ramp --metrics-path metrics.json");
  EXPECT_EQ(answer.out, "runs/ramp/report.html\n") << answer.err;
  EXPECT_EQ(read(folder_ / "runs/ramp/report.html"), page);
  EXPECT_EQ(steps_of("metrics.json"), (std::vector<std::int64_t>{1, 2}));
  EXPECT_THAT(gistmill("report nowhere").err, HasSubstr("no run folder 'nowhere'"));
}

}  // namespace
}  // namespace gistmill
