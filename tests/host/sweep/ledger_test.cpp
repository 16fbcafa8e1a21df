// The ledger of a sweep: what it says of points after any order of changes, and in any number of processes.
#include "host/sweep/ledger.hpp"

#include <gmock/gmock.h>

#include "host/diagnostic/failure.hpp"

namespace gistmill {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class LedgerTest : public ::testing::Test {
 protected:
  LedgerTest() {
    folder_ =
        std::filesystem::path(::testing::TempDir()) /
        ("gistmill-ledger-" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(folder_);
  }
  ~LedgerTest() override { std::filesystem::remove_all(folder_); }

  static FrozenPoint point(const std::string& id, const std::string& prefix = "") {
    FrozenPoint point;
    point.id = id;
    point.settings = {{"run.seed", id}};
    point.prefix = prefix;
    return point;
  }
  Ledger begun(const std::vector<FrozenPoint>& points) {
    Ledger ledger(folder_);
    StudyRecord study;
    study.identity = "one";
    ledger.begin(study, points);
    return ledger;
  }
  static PointState state(const Ledger& ledger, const std::string& id) { return ledger.point(id)->state; }

  std::filesystem::path folder_;
};

TEST_F(LedgerTest, PointsAreQueuedInTheirOrder) {
  const Ledger ledger = begun({point("b"), point("a")});
  EXPECT_THAT(ledger.ready(), ElementsAre("b", "a"));
  EXPECT_EQ(ledger.point("b")->settings.at(0).key, "run.seed");
  EXPECT_TRUE(ledger.has_open());
}

TEST_F(LedgerTest, APointThatHasEndedCannotBeStarted) {
  Ledger ledger = begun({point("a")});
  EXPECT_TRUE(ledger.start("a"));
  ledger.finish("a", 1.5);
  EXPECT_FALSE(ledger.start("a"));
  EXPECT_EQ(state(ledger, "a"), PointState::done);
  EXPECT_EQ(ledger.point("a")->seconds, 1.5);
  EXPECT_FALSE(ledger.has_open());
}

TEST_F(LedgerTest, ARunningPointIsTakenOverByWhoeverHoldsItsLock) {
  Ledger ledger = begun({point("a")});
  EXPECT_TRUE(ledger.start("a"));
  EXPECT_THAT(ledger.ready(), IsEmpty());
  EXPECT_THAT(ledger.running(), ElementsAre("a"));
  EXPECT_TRUE(ledger.start("a")) << "its process died";
  EXPECT_EQ(ledger.point("a")->attempts, 2);
}

TEST_F(LedgerTest, OfPointsThatShareCachedCallsOneRunsFirst) {
  Ledger ledger = begun({point("a", "p"), point("b", "p"), point("c", "q"), point("d")});
  EXPECT_THAT(ledger.ready(), ElementsAre("a", "c", "d"));
  ledger.start("a");
  EXPECT_THAT(ledger.ready(), ElementsAre("c", "d"));
  ledger.finish("a", 1);
  EXPECT_THAT(ledger.ready(), ElementsAre("b", "c", "d"));
}

TEST_F(LedgerTest, WhereTheFirstOfThemFailsTheNextOneRunsFirst) {
  Ledger ledger = begun({point("a", "p"), point("b", "p")});
  ledger.start("a");
  ledger.fail("a", 1, 6, "loss is nan");
  EXPECT_THAT(ledger.ready(), ElementsAre("b"));
  EXPECT_EQ(ledger.point("a")->error, "loss is nan");
  EXPECT_EQ(ledger.point("a")->exit_code, 6);
}

TEST_F(LedgerTest, FailedPointsAreQueuedAgainAndQueuedOnesCanceled) {
  Ledger ledger = begun({point("a"), point("b")});
  ledger.start("a");
  ledger.fail("a", 1, 1, "it broke");
  EXPECT_TRUE(ledger.has_failed());
  EXPECT_EQ(ledger.retry(Retried::failed), 1);
  EXPECT_EQ(ledger.cancel(), 2);
  EXPECT_EQ(ledger.retry(Retried::failed), 0) << "they were canceled";
  EXPECT_EQ(ledger.retry(Retried::failed_and_canceled), 2);
  EXPECT_EQ(ledger.cancel(), 2);
  EXPECT_EQ(state(ledger, "b"), PointState::canceled);
  EXPECT_FALSE(ledger.has_open());
}

TEST_F(LedgerTest, BegunAgainItKeepsWhatIsDone) {
  Ledger ledger = begun({point("a"), point("b")});
  ledger.start("a");
  ledger.finish("a", 1);
  const Ledger again = begun({point("c"), point("a"), point("b")});
  EXPECT_EQ(state(again, "a"), PointState::done);
  EXPECT_THAT(again.ready(), ElementsAre("c", "b"));
}

TEST_F(LedgerTest, OfANewerVersionIsRefused) {
  begun({point("a")});
  Database(Ledger::file_in(folder_)).execute("UPDATE study SET format = 2");
  try {
    const Ledger ledger(folder_);
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("has format 2, which a newer version of gistmill wrote"));
  }
}

TEST_F(LedgerTest, ThatIsNoDatabaseIsNamed) {
  std::filesystem::create_directories(folder_);
  std::FILE* file = std::fopen(Ledger::file_in(folder_).c_str(), "w");
  std::fputs("not a ledger, only text that is long enough to be looked at", file);
  std::fclose(file);
  try {
    const Ledger ledger(folder_);
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("ledger.sqlite"));
    EXPECT_THAT(failure.what(), HasSubstr("not a database"));
  }
}

TEST_F(LedgerTest, WhatFillsACacheForOthersIsTheFirstOfThem) {
  const Ledger ledger = begun({point("a", "x"), point("b", "x"), point("c", "y"), point("d")});
  EXPECT_EQ(ledger.first_ones("a"), 3);  // a, c and d begin at once
  EXPECT_EQ(ledger.first_ones("b"), 0);
  EXPECT_EQ(ledger.first_ones("c"), 0);  // for nobody
  EXPECT_EQ(ledger.first_ones("d"), 0);
}

}  // namespace
}  // namespace gistmill
