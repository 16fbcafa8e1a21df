// monitor/first-loss: warns once where training begins with a loss that is too high.
#include <gmock/gmock.h>

#include "tests/plugins/monitor/monitor_driver.hpp"

namespace gistmill::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::unique_ptr<MonitorDriver> first_loss() {
  return std::make_unique<MonitorDriver>(MONITOR_FIRST_LOSS_PLUGIN, "monitor/first-loss",
                                         MonitorOptions{{"loss", 15.0}, {"steps", std::int64_t{10}}});
}

// What is said of the losses of steps 1, 2, ...
std::vector<std::string> said_of(const std::vector<double>& losses) {
  const auto monitor = first_loss();
  MonitorDriver::said().clear();
  for (std::size_t i = 0; i < losses.size(); ++i)
    EXPECT_EQ(monitor->action(step(static_cast<int>(i) + 1, losses[i])), GM_DECISION_CONTINUE);
  return MonitorDriver::said();
}

TEST(FirstLoss, WarnsOnceWithWhatToLookAt) {
  EXPECT_THAT(said_of(std::vector<double>(30, 26.0)),
              ElementsAre(AllOf(HasSubstr("the loss is 26 after 10 steps, above 15"), HasSubstr("tokenizer"),
                                HasSubstr("gistmill prepare RECIPE --force"))));
}
TEST(FirstLoss, LooksAtTheLastFifthOfTheFirstSteps) {
  EXPECT_THAT(said_of({90, 90, 90, 90, 90, 90, 90, 90, 14, 14, 90}), IsEmpty());
  EXPECT_THAT(said_of({9, 9, 9, 9, 9, 9, 9, 9, 16, 16, 9}), testing::SizeIs(1));
}
TEST(FirstLoss, SaysNothingOfAHealthyRunOrOneThatIsShorter) {
  EXPECT_THAT(said_of(std::vector<double>(30, 10.8)), IsEmpty());
  EXPECT_THAT(said_of(std::vector<double>(9, 26.0)), IsEmpty());
}
TEST(FirstLoss, LeavesOutALossThatIsNotFinite) {
  EXPECT_THAT(said_of({9, 9, 9, 9, 9, 9, 9, 9, NAN, 16}), testing::SizeIs(1));
  EXPECT_THAT(said_of({9, 9, 9, 9, 9, 9, 9, 9, NAN, NAN}), IsEmpty());
}
TEST(FirstLoss, GoesOnFromItsState) {
  std::vector<std::string> events;
  for (int i = 1; i <= 12; ++i) events.push_back(step(i, 20.0));
  expect_to_go_on_from_its_state([] { return first_loss(); }, events);
}

}  // namespace
}  // namespace gistmill::test
