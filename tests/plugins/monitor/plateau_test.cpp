// monitor/plateau: says advance at the end of steps that are hardly better than those before.
#include <gmock/gmock.h>

#include "tests/plugins/monitor/monitor_driver.hpp"

namespace gistmill::test {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<MonitorDriver> plateau(const std::string& figure = "loss", double least = 0.05) {
  return std::make_unique<MonitorDriver>(
      MONITOR_PLATEAU_PLUGIN, "monitor/plateau",
      MonitorOptions{
          {"figure", figure}, {"evaluation", std::string()}, {"steps", std::int64_t{4}}, {"least", least}});
}

// Losses of steps 1, 2, ...; the step at which it says advance, 0: never.
int advances_at(const MonitorDriver& monitor, const std::vector<double>& losses) {
  for (std::size_t i = 0; i < losses.size(); ++i) {
    const int number = static_cast<int>(i) + 1;
    if (monitor.action(step(number, losses[i])) == GM_DECISION_ADVANCE) return number;
  }
  return 0;
}

TEST(Plateau, SaysAdvanceWhenTheMeanOfTheStepsIsHardlyBetterThanBefore) {
  EXPECT_EQ(advances_at(*plateau(), {4, 4, 4, 4, 2, 2, 2, 2, 2, 1.9, 2, 1.9}), 12);
}
TEST(Plateau, GoesOnWhileTheFigureImproves) {
  EXPECT_EQ(advances_at(*plateau(), {8, 8, 8, 8, 7, 7, 7, 7, 6, 6, 6, 6, 5, 5, 5, 5}), 0);
}
TEST(Plateau, JudgesNothingBeforeTwiceItsSteps) {
  EXPECT_EQ(advances_at(*plateau(), {1, 1, 1, 1, 1, 1, 1}), 0);
}
TEST(Plateau, TakesALossThatRisesForNoImprovement) {
  EXPECT_EQ(advances_at(*plateau(), {1, 1, 1, 1, 2, 2, 2, 2}), 8);
}
TEST(Plateau, LeavesOutALossThatIsNotFinite) {
  EXPECT_EQ(advances_at(*plateau(), {4, NAN, 4, 4, 4, 4, NAN, 4}), 8);
}
TEST(Plateau, SaysWhatItCompared) {
  const auto monitor = plateau();
  advances_at(*monitor, {4, 4, 4, 4, 3.9, 3.9, 3.9});
  EXPECT_EQ(monitor->decide(step(8, 3.9)).reason,
            "loss is 3.9 over the 4 steps to step 8 and was 4 over those before: less than 5 % better");
}
TEST(Plateau, WatchesAFigureOfAnEvaluationInItsOwnDirection) {
  const auto monitor = plateau("hits");
  EXPECT_EQ(monitor->action(step(1, 1)), GM_DECISION_CONTINUE);
  EXPECT_EQ(monitor->action(evaluation(4, 1, 10)), GM_DECISION_CONTINUE);
  EXPECT_EQ(monitor->action(evaluation(8, 1, 20)), GM_DECISION_CONTINUE) << "higher is better";
  EXPECT_EQ(monitor->action(evaluation(12, 1, 19)), GM_DECISION_ADVANCE);
}
TEST(Plateau, DecidesAtALaterCheckWhereNoneStandsAtTheEndOfTheSteps) {
  const auto monitor = plateau("score");
  EXPECT_EQ(monitor->action(evaluation(3, 5)), GM_DECISION_CONTINUE);
  EXPECT_EQ(monitor->action(evaluation(6, 5)), GM_DECISION_CONTINUE);
  EXPECT_EQ(monitor->action(evaluation(9, 1)), GM_DECISION_ADVANCE)
      << "steps 5 to 8 were no better than 1 to 4";
}
TEST(Plateau, RefusesAFigureThatTheEvaluationDoesNotHave) {
  try {
    plateau("scores")->decide(evaluation(4, 1));
    FAIL() << "a figure that is not there was found";
  } catch (const Refused& refused) {
    EXPECT_THAT(refused.what(),
                HasSubstr("evaluation 'look' has no figure 'scores'; its figures: score hits"));
    EXPECT_EQ(refused.key, "figure");
  }
}
TEST(Plateau, GoesOnFromItsState) {
  std::vector<std::string> events;
  for (int i = 1; i <= 16; ++i) events.push_back(step(i, 10.0 / (1 + i / 3)));
  expect_to_go_on_from_its_state([] { return plateau(); }, events);
}

}  // namespace
}  // namespace gistmill::test
