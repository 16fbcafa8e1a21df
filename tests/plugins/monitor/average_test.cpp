// monitor/average: marks the best by a moving average.
#include <gmock/gmock.h>

#include "tests/plugins/monitor/monitor_driver.hpp"

namespace gistmill::test {
namespace {

using ::testing::ElementsAre;

std::unique_ptr<MonitorDriver> average(std::int64_t checks, const std::string& figure = "") {
  return std::make_unique<MonitorDriver>(
      MONITOR_AVERAGE_PLUGIN, "monitor/average",
      MonitorOptions{{"figure", figure}, {"evaluation", std::string()}, {"checks", checks}});
}

// The checks, from 1, that are marked.
std::vector<int> marked(const MonitorDriver& monitor, const std::vector<double>& scores) {
  std::vector<int> found;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const int number = static_cast<int>(i) + 1;
    if (monitor.action(evaluation(number, scores[i], scores[i])) == GM_DECISION_MARK_BEST)
      found.push_back(number);
  }
  return found;
}

TEST(Average, MarksTheFirstCheckAndEachWithABetterAverage) {
  // A new value counts 1/2: the averages are 8, 6, 7, 5.5.
  EXPECT_THAT(marked(*average(3), {8, 4, 8, 4}), ElementsAre(1, 2, 4));
}
TEST(Average, IsNotDrawnByOneLuckyCheckAmongBadOnes) {
  // 5, 5 - 0.18, then above it although 4.9 is the second best value.
  EXPECT_THAT(marked(*average(10), {5, 4, 9, 4.9}), ElementsAre(1, 2));
}
TEST(Average, MarksTheHighestWhereHigherIsBetter) {
  EXPECT_THAT(marked(*average(1, "hits"), {1, 3, 2, 4}), ElementsAre(1, 2, 4));
}
TEST(Average, SaysTheAverages) {
  const auto monitor = average(3);
  EXPECT_EQ(monitor->decide(evaluation(1, 8)).reason, "the average of score is 8");
  EXPECT_EQ(monitor->decide(evaluation(2, 4)).reason, "the average of score is 6, before 8");
}
TEST(Average, GoesOnFromItsState) {
  std::vector<std::string> events;
  for (const double score : {4.0, 3.1, 4.5, 3.0, 2.9, 7.0}) events.push_back(evaluation(1, score));
  expect_to_go_on_from_its_state([] { return average(10); }, events);
}

}  // namespace
}  // namespace gistmill::test
