// Reading the events of a run while it writes them.
#include "host/record/events_file.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "host/diagnostic/failure.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

std::string step(int number) {
  return R"({"event":"step","time":1,"stage":"","steps":9,"loss":1,"seconds":1,"items":1,"step":)" +
         std::to_string(number) + "}\n";
}

class EventsFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  void append(const std::string& text) const {
    std::ofstream(path_, std::ios::app | std::ios::binary) << text;
  }
  std::vector<std::int64_t> steps() const {
    std::vector<std::int64_t> all;
    for (const StageRecord& stage : events_.record().stages) {
      for (const StepPoint& point : stage.points) all.push_back(point.step);
    }
    return all;
  }

  fs::path folder_ =
      fs::path(::testing::TempDir()) /
      ("gistmill-events-" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
  fs::path path_ = folder_ / "events.jsonl";
  EventsFile events_{path_};
};

using Steps = std::vector<std::int64_t>;

TEST_F(EventsFileTest, ComesIntoBeingLater) {
  EXPECT_FALSE(events_.read_on());
  append(step(1));
  EXPECT_TRUE(events_.read_on());
  EXPECT_FALSE(events_.read_on());
  append(step(2));
  EXPECT_TRUE(events_.read_on());
  EXPECT_EQ(steps(), (Steps{1, 2}));
}

TEST_F(EventsFileTest, ALineIsWaitedForUntilItIsWhole) {
  const std::string line = step(2);
  append(step(1) + line.substr(0, 20));
  EXPECT_TRUE(events_.read_on());
  EXPECT_EQ(steps(), (Steps{1}));
  append(line.substr(20, 10));
  EXPECT_FALSE(events_.read_on());
  append(line.substr(30));
  EXPECT_TRUE(events_.read_on());
  EXPECT_EQ(steps(), (Steps{1, 2}));
  EXPECT_EQ(events_.record().damaged_lines, 0);
}

TEST_F(EventsFileTest, AResumedRunTakesAPartOfALineAway) {
  append(step(1) + "{\"event\":\"st");
  EXPECT_TRUE(events_.read_on());
  fs::resize_file(path_, step(1).size());
  append(R"({"event":"run_started","time":5,"resumed":true})"
         "\n" +
         step(2));
  EXPECT_TRUE(events_.read_on());
  EXPECT_EQ(steps(), (Steps{1, 2}));
  EXPECT_EQ(events_.record().damaged_lines, 0);
}

TEST_F(EventsFileTest, ARunThatStartsOverIsReadAnew) {
  append(step(1) + step(2) + step(3));
  EXPECT_TRUE(events_.read_on());
  fs::remove(path_);
  EXPECT_FALSE(events_.read_on());
  EXPECT_EQ(steps(), (Steps{1, 2, 3}));  // the last that is known
  append(step(1));
  EXPECT_TRUE(events_.read_on());
  EXPECT_EQ(steps(), (Steps{1}));
}

TEST_F(EventsFileTest, LinesMayBeLongerThanABlock) {
  append(R"({"event":"message","level":"warning","text":")" + std::string(3 << 20, 'x') + "\"}\n" + step(1));
  EXPECT_TRUE(events_.read_on());
  EXPECT_EQ(events_.record().messages.at(0).text.size(), std::size_t{3} << 20);
  EXPECT_EQ(steps(), (Steps{1}));
}

TEST_F(EventsFileTest, WhatCannotBeReadIsAFailure) {
  fs::create_directories(path_);
  EXPECT_THROW(events_.read_on(), Failure);
}

}  // namespace
}  // namespace gistmill
