// monitor/numerics: skips spikes before their update, then rewinds, then fails.
#include <gmock/gmock.h>

#include "tests/plugins/monitor/monitor_driver.hpp"

namespace gistmill::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

MonitorOptions options() {
  return {{"steps", std::int64_t{8}}, {"warmup", std::int64_t{4}},  {"loss", 5.0}, {"gradient_norm", 5.0},
          {"skips", std::int64_t{2}}, {"rewinds", std::int64_t{1}}, {"scale", 0.5}};
}

std::unique_ptr<MonitorDriver> numerics(const MonitorOptions& with = options()) {
  return std::make_unique<MonitorDriver>(MONITOR_NUMERICS_PLUGIN, "monitor/numerics", with);
}

// Good steps: loss and norm swing by 0.1 around 2 and 1.
void warm_up(const MonitorDriver& monitor, int steps = 8) {
  for (int i = 1; i <= steps; ++i) {
    const double swing = i % 2 == 0 ? 0.1 : -0.1;
    EXPECT_EQ(monitor.action(gradient(i, 2 + swing, 1 + swing)), GM_DECISION_CONTINUE);
  }
}

TEST(Numerics, SkipsALossFarAboveItsMean) {
  const auto monitor = numerics();
  warm_up(*monitor);
  EXPECT_EQ(monitor->action(gradient(9, 2.4, 1)), GM_DECISION_CONTINUE) << "four deviations";
  const Decision decision = monitor->decide(gradient(10, 9, 1));
  EXPECT_EQ(decision.action, GM_DECISION_SKIP);
  EXPECT_THAT(decision.reason, HasSubstr("the loss 9 is"));
  EXPECT_THAT(decision.reason, HasSubstr("standard deviations above"));
}
TEST(Numerics, SkipsAGradientNormFarAboveItsMean) {
  const auto monitor = numerics();
  warm_up(*monitor);
  EXPECT_THAT(monitor->decide(gradient(9, 2, 40)).reason, HasSubstr("the gradient norm 40 is"));
}
TEST(Numerics, LetsAFallPass) {
  const auto monitor = numerics();
  warm_up(*monitor);
  EXPECT_EQ(monitor->action(gradient(9, 0.1, 0.01)), GM_DECISION_CONTINUE);
}
TEST(Numerics, JudgesDeviationsOnlyAfterTheWarmUp) {
  const auto monitor = numerics();
  warm_up(*monitor, 3);
  EXPECT_EQ(monitor->action(gradient(4, 900, 900)), GM_DECISION_CONTINUE);
}
TEST(Numerics, SkipsWhatIsNotFiniteFromTheFirstStepOn) {
  const auto monitor = numerics();
  EXPECT_EQ(monitor->decide(gradient(1, NAN, NAN)).reason, "the loss is not finite");
  EXPECT_EQ(monitor->decide(gradient(2, 1, INFINITY)).reason, "the gradient norm is not finite");
}
TEST(Numerics, LeavesAFigureAloneWhoseLimitIsZero) {
  MonitorOptions with = options();
  with["loss"] = 0.0;
  const auto monitor = numerics(with);
  warm_up(*monitor);
  EXPECT_EQ(monitor->action(gradient(9, 900, 1)), GM_DECISION_CONTINUE);
}
TEST(Numerics, TakesRoundingForNoSpike) {
  const auto monitor = numerics();
  for (int i = 1; i <= 8; ++i) monitor->action(gradient(i, 2, 1));
  EXPECT_EQ(monitor->action(gradient(9, 2.000001, 1)), GM_DECISION_CONTINUE);
}
TEST(Numerics, KeepsSpikesOutOfTheMean) {
  const auto monitor = numerics();
  warm_up(*monitor);
  EXPECT_EQ(monitor->action(gradient(9, 90, 1)), GM_DECISION_SKIP);
  EXPECT_EQ(monitor->action(gradient(10, 9, 1)), GM_DECISION_SKIP);
}
TEST(Numerics, RewindsAfterTheSkipsAndFailsAfterTheRewinds) {
  const auto monitor = numerics();
  warm_up(*monitor);
  std::vector<std::uint32_t> actions;
  for (int i = 9; i <= 14; ++i) actions.push_back(monitor->action(gradient(i, 90, 1)));
  EXPECT_THAT(actions, ElementsAre(GM_DECISION_SKIP, GM_DECISION_SKIP, GM_DECISION_REWIND, GM_DECISION_SKIP,
                                   GM_DECISION_SKIP, GM_DECISION_FAIL));
}
TEST(Numerics, CountsSkipsInARowOnly) {
  const auto monitor = numerics();
  warm_up(*monitor);
  for (int round = 0; round < 4; ++round) {
    EXPECT_EQ(monitor->action(gradient(9, 90, 1)), GM_DECISION_SKIP);
    EXPECT_EQ(monitor->action(gradient(9, 90, 1)), GM_DECISION_SKIP);
    EXPECT_EQ(monitor->action(gradient(9, 2, 1)), GM_DECISION_CONTINUE);
  }
}
TEST(Numerics, ScalesTheLearningRateWhereItRewinds) {
  MonitorOptions with = options();
  with["skips"] = std::int64_t{0};
  const auto monitor = numerics(with);
  const Decision decision = monitor->decide(gradient(1, NAN, NAN));
  EXPECT_EQ(decision.action, GM_DECISION_REWIND);
  EXPECT_EQ(decision.factor, 0.5);
}
TEST(Numerics, GoesOnFromItsState) {
  std::vector<std::string> events;
  for (int i = 1; i <= 8; ++i) events.push_back(gradient(i, 2 + 0.1 / i, 1 + 0.3 * (i % 3)));
  for (int i = 9; i <= 13; ++i) events.push_back(gradient(i, 90, 1));
  expect_to_go_on_from_its_state([] { return numerics(); }, events);
}

}  // namespace
}  // namespace gistmill::test
