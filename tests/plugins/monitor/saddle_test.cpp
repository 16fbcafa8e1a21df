// monitor/saddle: raises the learning rate where training is stuck, for as long as it says, and only there.
#include <gmock/gmock.h>

#include <functional>

#include "tests/plugins/monitor/monitor_driver.hpp"

namespace gistmill::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Integers = std::vector<std::int64_t>;
using Numbers = std::vector<double>;

MonitorOptions small_options() {
  return {{"patience", std::int64_t{8}},
          {"gradient_norm", 0.55},
          {"improvement", 0.005},
          {"loss", 0.5},
          {"factors", Numbers{2.0, 4.0}},
          {"durations", Integers{4, 6}},
          {"cooldown", std::int64_t{10}},
          {"judged", std::int64_t{2}},
          {"success", 0.01}};
}
std::unique_ptr<MonitorDriver> saddle(const MonitorOptions& changed = {}) {
  MonitorOptions options = changed;
  options.merge(small_options());
  return std::make_unique<MonitorDriver>(MONITOR_SADDLE_PLUGIN, "monitor/saddle", options);
}

struct Scaled {
  int step;
  double factor;
  std::string reason;
};

// What it decides on the losses of steps 1, 2, ..., all with one gradient norm.
std::vector<Scaled> scaled(const MonitorDriver& monitor, const std::vector<double>& losses,
                           double norm = 0.1) {
  std::vector<Scaled> list;
  for (std::size_t i = 0; i < losses.size(); ++i) {
    const int number = static_cast<int>(i) + 1;
    const Decision decision = monitor.decide(step(number, losses[i], norm));
    if (decision.action == GM_DECISION_CONTINUE) continue;
    EXPECT_EQ(decision.action, GM_DECISION_SCALE);
    list.push_back({number, decision.factor, decision.reason});
  }
  return list;
}
std::vector<int> steps_of(const std::vector<Scaled>& list) {
  std::vector<int> steps;
  for (const Scaled& each : list) steps.push_back(each.step);
  return steps;
}

TEST(Saddle, RaisesTheRateAsSoonAsItsPatienceIsOverAndForTheWholeDuration) {
  const auto list = scaled(*saddle(), Numbers(12, 3.0));
  ASSERT_THAT(steps_of(list), ElementsAre(8, 12)) << "steps 9 to 12 run at the raised rate";
  EXPECT_EQ(list[0].factor, 2.0);
  EXPECT_EQ(list[0].factor * list[1].factor, 1.0);
  EXPECT_THAT(list[0].reason,
              HasSubstr("stuck: over 8 steps the loss fell by 0 % to 3, with gradients of 0.1; "
                        "2 times the learning rate for 4 steps"));
  EXPECT_EQ(list[1].reason,
            "still stuck: the loss is 3 after 4 steps at 2 times the learning rate and was 3");
}
TEST(Saddle, TakesTheNextFactorWhereOneDidNotHelpAndRepeatsTheLast) {
  const auto list = scaled(*saddle(), Numbers(60, 3.0));
  // raised for 9-12, cooled down for 13-22, raised for 23-28, cooled down for 29-38, raised for 39-44
  EXPECT_THAT(steps_of(list), ElementsAre(8, 12, 22, 28, 38, 44, 54, 60));
  EXPECT_EQ(list[2].factor, 4.0);
  EXPECT_EQ(list[4].factor, 4.0);
}
TEST(Saddle, BeginsWithTheFirstFactorAgainAfterOneThatHelped) {
  Numbers losses(12, 3.0);                  // the first one does not help
  losses.insert(losses.end(), 14, 3.0);     // to step 26
  losses.insert(losses.end(), {2.5, 2.5});  // the second one does
  losses.insert(losses.end(), 12, 2.5);
  const auto list = scaled(*saddle(), losses);
  ASSERT_THAT(list, SizeIs(5));
  EXPECT_EQ(list[3].reason, "escaped: the loss is 2.5 after 6 steps at 4 times the learning rate and was 3");
  EXPECT_EQ(list[4].factor, 2.0);
}
TEST(Saddle, IsSilentWhereGradientsAreLarge) {
  EXPECT_THAT(scaled(*saddle(), Numbers(40, 3.0), 0.8), IsEmpty());
}
TEST(Saddle, IsSilentWhileTheLossFalls) {
  Numbers losses;
  for (int i = 0; i < 40; ++i) losses.push_back(3.0 - 0.03 * i);
  EXPECT_THAT(scaled(*saddle(), losses), IsEmpty());
}
TEST(Saddle, TakesAFlatLossFarBelowTheFirstOneForConvergence) {
  Numbers losses;
  for (int i = 0; i < 20; ++i) losses.push_back(11.0 - 0.4 * i);
  losses.insert(losses.end(), 40, 3.0);
  EXPECT_THAT(scaled(*saddle(), losses), IsEmpty());
  EXPECT_THAT(scaled(*saddle({{"loss", 0.1}}), losses), SizeIs(testing::Gt(0)));
}
TEST(Saddle, LeavesOutSkippedStepsAndNumbersThatAreNotFinite) {
  const auto monitor = saddle();
  for (int i = 1; i <= 7; ++i) EXPECT_EQ(monitor->action(step(i, 3.0, 0.1)), GM_DECISION_CONTINUE);
  EXPECT_EQ(monitor->action(step(8, NAN, 0.1)), GM_DECISION_CONTINUE);
  EXPECT_EQ(monitor->action(R"({"event":"step","step":9,"loss":3,"gradient_norm":0.1,"skipped":true})"),
            GM_DECISION_CONTINUE);
  EXPECT_EQ(monitor->action(step(10, 3.0, 0.1)), GM_DECISION_SCALE);
}
TEST(Saddle, NeedsADurationForEachFactor) {
  try {
    saddle({{"durations", Integers{4}}});
    FAIL() << "two factors with one duration were taken";
  } catch (const Refused& refused) {
    EXPECT_THAT(refused.what(), HasSubstr("1 durations for 2 factors"));
    EXPECT_EQ(refused.key, "durations");
  }
}
TEST(Saddle, GoesOnFromItsState) {
  std::vector<std::string> events;
  for (int i = 1; i <= 60; ++i) events.push_back(step(i, i < 27 ? 3.0 : 2.5, 0.1));
  expect_to_go_on_from_its_state([] { return saddle(); }, events);
}

// Gradient descent on 1 + x^2/2 - y^2/2 + y^4/4 from just beside its saddle at 0; the minimum is 3/4.
double loss_after(int steps, const MonitorDriver* monitor) {
  const auto loss = [](double x, double y) { return 1 + x * x / 2 - y * y / 2 + y * y * y * y / 4; };
  double x = 0.1;
  double y = 1e-5;
  double scale = 1;
  for (int i = 1; i <= steps; ++i) {
    const double down_x = x;
    const double down_y = -y + y * y * y;
    const double before = loss(x, y);
    x -= 0.01 * scale * down_x;
    y -= 0.01 * scale * down_y;
    if (monitor == nullptr) continue;
    const Decision decision = monitor->decide(step(i, before, std::hypot(down_x, down_y)));
    if (decision.action == GM_DECISION_SCALE) scale *= decision.factor;
  }
  return loss(x, y);
}
TEST(Saddle, EscapesASaddleThatThePlainScheduleDoesNot) {
  EXPECT_GT(loss_after(800, nullptr), 0.99);
  const auto monitor = saddle({{"patience", std::int64_t{40}},
                               {"cooldown", std::int64_t{40}},
                               {"factors", Numbers{1.5, 2.0, 2.5, 3.0}},
                               {"durations", Integers{50, 50, 75, 100}},
                               {"judged", std::int64_t{20}}});
  EXPECT_LT(loss_after(800, monitor.get()), 0.76);
}

}  // namespace
}  // namespace gistmill::test
