// monitor/early-stop: says stop after several checks in a row that are worse.
#include <gmock/gmock.h>

#include "tests/plugins/monitor/monitor_driver.hpp"

namespace gistmill::test {
namespace {

std::unique_ptr<MonitorDriver> early_stop(const std::string& figure = "",
                                          const std::string& evaluation = "") {
  return std::make_unique<MonitorDriver>(
      MONITOR_EARLY_STOP_PLUGIN, "monitor/early-stop",
      MonitorOptions{{"figure", figure}, {"evaluation", evaluation}, {"checks", std::int64_t{3}}});
}

// The check, from 1, at which it says stop; 0: never.
int stops_at(const MonitorDriver& monitor, const std::vector<double>& scores) {
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const int number = static_cast<int>(i) + 1;
    if (monitor.action(evaluation(10 * number, scores[i], -scores[i])) == GM_DECISION_STOP) return number;
  }
  return 0;
}

TEST(EarlyStop, SaysStopAfterThreeRisingChecks) {
  EXPECT_EQ(stops_at(*early_stop(), {5, 4, 4.1, 4.2, 4.3}), 5);
}
TEST(EarlyStop, CountsAnewAfterACheckThatIsNotWorse) {
  EXPECT_EQ(stops_at(*early_stop(), {4, 5, 6, 6, 7, 8, 7.9, 8, 9}), 0);
}
TEST(EarlyStop, TakesAFallOfAFigureThatIsBetterHigherForWorse) {
  EXPECT_EQ(stops_at(*early_stop("hits"), {4, 5, 6, 7}), 4);
  EXPECT_EQ(stops_at(*early_stop("hits"), {7, 6, 5, 4}), 0);
}
TEST(EarlyStop, LeavesOutChecksThatAreNotFinite) { EXPECT_EQ(stops_at(*early_stop(), {4, 5, NAN, 6, 7}), 5); }
TEST(EarlyStop, HearsOnlyTheEvaluationThatItIsGiven) {
  const auto monitor = early_stop("", "other");
  EXPECT_EQ(stops_at(*monitor, {4, 5, 6, 7, 8}), 0);
}
TEST(EarlyStop, SaysFromWhereToWhere) {
  const auto monitor = early_stop();
  stops_at(*monitor, {4, 4.1, 4.2});
  EXPECT_EQ(monitor->decide(evaluation(40, 4.5)).reason,
            "score became worse 3 times in a row, the last time from 4.2 to 4.5");
}
TEST(EarlyStop, GoesOnFromItsState) {
  std::vector<std::string> events;
  for (const double score : {4.0, 5.0, 4.5, 5.0, 6.0, 7.0}) events.push_back(evaluation(1, score));
  expect_to_go_on_from_its_state([] { return early_stop(); }, events);
}

}  // namespace
}  // namespace gistmill::test
