// run --against and bisect, through the real program.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/events.hpp"
#include "tests/e2e/measured_runs.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class AgainstTest : public MeasuredRunsTest {
 protected:
  // Its score is 4.275; at twice the learning rate 4.05, and higher is better.
  void SetUp() override {
    MeasuredRunsTest::SetUp();
    measured_at("base.toml", "0.1");
    measured_at("worse.toml", "0.2");
    measured_at("better.toml", "0.05");
  }
  void run_base() { ASSERT_EQ(run("base.toml --folder base").code, 0); }
};

TEST_F(AgainstTest, AWorseRunExitsWith6AndSaysBothValues) {
  run_base();
  const Answer answer = run("worse.toml --folder worse --against base --tolerance 0.1");
  EXPECT_EQ(answer.code, 6);
  EXPECT_THAT(answer.err,
              HasSubstr("score of look is 4.05, against 4.275 in base: worse by 0.225 ± 0.065 on the same "
                        "8 items, more than the tolerance of 0.1"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "worse/summary.json"));
}

TEST_F(AgainstTest, WithinTheToleranceOrBetterOrEqualExitsWith0AndSaysSo) {
  run_base();
  EXPECT_EQ(run("worse.toml --folder worse --against base --tolerance 0.3").code, 0);
  const Answer better = run("better.toml --folder better --against base");
  EXPECT_EQ(better.code, 0);
  EXPECT_THAT(better.err, HasSubstr("better by"));
  const Answer equal = run("base.toml --folder again --against base --json");
  EXPECT_EQ(equal.code, 0);
  EXPECT_THAT(equal.err, HasSubstr("equal"));
  const auto json = nlohmann::json::parse(equal.out);
  EXPECT_EQ(json["against"]["worse_by"], 0.0);
  EXPECT_EQ(json["against"]["regressed"], false);
}

TEST_F(AgainstTest, AnotherFigureHasItsOwnDirection) {
  run_base();
  const Answer answer = run("worse.toml --folder worse --against base --figure latency");
  EXPECT_EQ(answer.code, 0);  // lower is better
  EXPECT_THAT(answer.err, HasSubstr("latency of look is 6.885, against 7.267 in base: better by"));
}

TEST_F(AgainstTest, WhatIsWrongIsSaidBeforeTheRun) {
  run_base();
  std::filesystem::create_directories(folder_ / "empty");
  for (const auto& [words, code, text] :
       {std::tuple("--against empty", 1, "empty holds no finished run"),
        std::tuple("--against base --figure latenzy", 3, "did you mean 'latency'?"),
        std::tuple("--against base --figure nope", 3, "the figures are: "),
        std::tuple("--against base --tolerance much", 2,
                   "--tolerance is 'much' when it should be a number from 0"),
        std::tuple("--tolerance 0.1", 2, "--tolerance needs --against RUN")}) {
    const Answer answer = run(std::string("worse.toml --folder other ") + words);
    EXPECT_EQ(answer.code, code) << words;
    EXPECT_THAT(answer.err, HasSubstr(text));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "other")) << words;
  }
}

class BisectTest : public MeasuredRunsTest {
 protected:
  // Four keys differ; the learning rate alone moves the figure. `size` of both sources goes together or not
  // at all.
  void SetUp() override {
    MeasuredRunsTest::SetUp();
    measured("good.toml", "[learning_rate]\npeak = 0.1\n[run]\nseed = 1\nclip = 5.0\n");
    measured("bad.toml", "[learning_rate]\npeak = 0.4\nfloor = 2e-6\n[run]\nseed = 2\nclip = 6.0\n");
  }
  Answer bisect(const std::string& words = "") const {
    return gistmill("bisect good.toml bad.toml " + words + test_plugins());
  }
};

TEST_F(BisectTest, FindsTheKeyThatMovesTheFigure) {
  const Answer answer = bisect();
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("learning_rate.peak  0.1 -> 0.4\n"));
  EXPECT_THAT(answer.out, Not(HasSubstr("run.seed")));
  EXPECT_THAT(answer.out,
              HasSubstr("score: 4.275 with GOOD, 3.6 with BAD, 3.6 with GOOD and this key; 1 of 4 keys"));
}

TEST_F(BisectTest, RunsNothingTwice) {
  const auto first = nlohmann::json::parse(bisect("--json ").out);
  EXPECT_EQ(first["keys"].size(), 1u);
  EXPECT_EQ(first["keys"][0]["key"], "learning_rate.peak");
  const auto count = [&] {
    std::size_t runs = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "sweeps/points"))
      runs += events_of(entry.path(), "run_finished").size();
    return runs;
  };
  const std::size_t before = count();
  EXPECT_EQ(nlohmann::json::parse(bisect("--json ").out), first);
  EXPECT_EQ(count(), before);
}

TEST_F(BisectTest, KeysThatOnlyGoTogetherAreFoundTogether) {
  measured("good.toml", "");
  write("bad.toml",
        "extends = \"good.toml\"\n[components]\ntalk = { size = 2 }\ndata = { size = 2 }\n[run]\nseed = 2\n");
  const Answer answer = bisect();
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("components.data.size"));
  EXPECT_THAT(answer.out, HasSubstr("components.talk.size"));
  EXPECT_THAT(answer.out, HasSubstr("2 of 3 keys"));
  EXPECT_THAT(answer.err, HasSubstr("failed with exit code"));
}

TEST_F(BisectTest, ARecipeThatFailsIsBisectedByItsExitCode) {
  write("bad.toml", "extends = \"good.toml\"\n[components]\ndata = { poison = 1 }\n[run]\nseed = 2\n");
  const Answer answer = bisect();
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("components.data.poison  (not set) -> 1\n"));
  EXPECT_THAT(answer.out, HasSubstr("fails with exit code 6 with BAD"));
}

TEST_F(BisectTest, RecipesThatMeasureTheSameAreNotBisected) {
  const Answer same = gistmill("bisect good.toml good.toml " + test_plugins());
  EXPECT_EQ(same.code, 1);
  EXPECT_THAT(same.err, HasSubstr("the two recipes do not differ"));
  const Answer within = bisect("--tolerance 2 ");
  EXPECT_EQ(within.code, 1);
  EXPECT_THAT(within.err, HasSubstr("they do not differ by more than 2"));
}

}  // namespace
}  // namespace gistmill
