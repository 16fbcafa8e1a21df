// What points will take, and how many run at once.
#include "host/sweep/estimate.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <future>
#include <thread>

#include "host/figures/summary.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;

class EstimateTest : public ::testing::Test {
 protected:
  EstimateTest() {
    folder_ =
        std::filesystem::path(::testing::TempDir()) /
        ("gistmill-estimate-" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(folder_);
  }
  ~EstimateTest() override { std::filesystem::remove_all(folder_); }

  static std::string recipe(const std::string& use, int width, int steps) {
    return "[components.gist]\nuse = \"" + use + "\"\nwidth = " + std::to_string(width) +
           "\n[run]\nsteps = " + std::to_string(steps) + "\n";
  }
  static FrozenPoint point(const std::string& text) {
    FrozenPoint point;
    point.recipe = text;
    return point;
  }
  void finished(const std::string& id, const std::string& text, double seconds, std::uint64_t memory) const {
    std::filesystem::create_directories(folder_ / id);
    std::ofstream(folder_ / id / "point.toml") << text;
    RunSummary summary;
    summary.run.seconds = seconds;
    summary.run.peak_memory_bytes = memory;
    write_summary(folder_ / id / "summary.json", summary);
  }
  Estimator estimator(const PlanAnswer& answer = {1, "error: no plan"}) {
    return Estimator(folder_, [this, answer](const std::string&) {
      ++plans_;
      return answer;
    });
  }

  std::filesystem::path folder_;
  int plans_ = 0;
};

TEST_F(EstimateTest, IsThatOfTheFinishedPointsThatDifferInTheFewestKeys) {
  finished("a", recipe("gistnet/one", 256, 10), 4, 100);
  finished("b", recipe("gistnet/one", 256, 10), 6, 300);
  finished("c", recipe("gistnet/one", 512, 11), 50, 900);
  const PointEstimate estimate = estimator().estimate(point(recipe("gistnet/one", 256, 10)));
  EXPECT_EQ(estimate.finished, 2u);
  EXPECT_DOUBLE_EQ(estimate.seconds, 5);
  EXPECT_EQ(estimate.memory_bytes, 300u);
  EXPECT_GT(estimate.disk_bytes, 0u);
  EXPECT_EQ(plans_, 0);
}

TEST_F(EstimateTest, TimeGrowsWithTheSteps) {
  finished("a", recipe("gistnet/one", 256, 10), 4, 100);
  EXPECT_DOUBLE_EQ(estimator().estimate(point(recipe("gistnet/one", 256, 30))).seconds, 12);
}

TEST_F(EstimateTest, OtherComponentsAskThePlanOnce) {
  finished("a", recipe("gistnet/one", 256, 10), 4, 100);
  Estimator planned = estimator({0, R"([{"measured": {"seconds": 20.0, "needed_bytes": 500,
                                          "memory": {"optimizer_bytes": 30}}}])"});
  const PointEstimate estimate = planned.estimate(point(recipe("gistnet/two", 256, 10)));
  EXPECT_EQ(estimate.finished, 0u);
  EXPECT_DOUBLE_EQ(estimate.seconds, 20);
  EXPECT_EQ(estimate.memory_bytes, 500u);
  EXPECT_EQ(estimate.disk_bytes, 30u);
  EXPECT_DOUBLE_EQ(planned.estimate(point(recipe("gistnet/two", 128, 20))).seconds, 40);
  EXPECT_EQ(plans_, 1);
}

TEST_F(EstimateTest, WithoutAPlanTheReasonIsKept) {
  const PointEstimate estimate = estimator().estimate(point(recipe("gistnet/two", 256, 10)));
  EXPECT_EQ(estimate.seconds, 0);
  EXPECT_EQ(estimate.unknown, "error: no plan");
}

// Stands in for the program: the first to start ends when the second has begun, the second when it may.
constexpr const char* kProgram = R"sh(#!/bin/sh
cd "${0%/*}"
if mkdir first 2> /dev/null; then until [ -e second ]; do sleep 0.01; done
else touch second; until [ -e go ]; do sleep 0.01; done
fi
cat "$2"
)sh";

TEST_F(EstimateTest, TwoSweepsThatPlanTheSameRecipeAtOnceBothGetAnAnswer) {
  std::filesystem::create_directories(folder_);
  const std::filesystem::path program = folder_ / "program.sh";
  std::ofstream(program) << kProgram;
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  const std::string text = recipe("gistnet/two", 256, 10);
  const auto plan = [&] { return plan_of(program, {})(text); };
  std::future<PlanAnswer> first = std::async(std::launch::async, plan);
  while (!std::filesystem::exists(folder_ / "first")) std::this_thread::yield();
  std::future<PlanAnswer> second = std::async(std::launch::async, plan);
  EXPECT_EQ(first.get().text, text);
  std::ofstream(folder_ / "go") << "";
  EXPECT_EQ(second.get().text, text);
}

TEST(WorkerCount, IsBoundedByPointsCoresAndMemory) {
  PointEstimate estimate;
  estimate.memory_bytes = 1'000'000'000;
  EXPECT_EQ(worker_count(8, 4, 100'000'000'000, estimate).count, 4);
  EXPECT_EQ(worker_count(3, 4, 100'000'000'000, estimate).count, 3);
  EXPECT_EQ(worker_count(8, 4, 3'000'000'000, estimate).count, 2);  // a fifth stays free
  EXPECT_THAT(worker_count(8, 4, 3'000'000'000, estimate).reason,
              HasSubstr("memory: 1.0 GB for each of 3.0 GB"));
  EXPECT_EQ(worker_count(8, 4, 100, estimate).count, 1);
}

TEST(WorkerCount, IsOneWhereTheMemoryIsNotKnown) {
  PointEstimate estimate;
  estimate.unknown = "no model";
  EXPECT_EQ(worker_count(8, 4, 100'000'000'000, estimate).count, 1);
  EXPECT_THAT(worker_count(8, 4, 100'000'000'000, estimate).reason, HasSubstr("no model"));
}

}  // namespace
}  // namespace gistmill
