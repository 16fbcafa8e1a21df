// The calls of a pipeline that prepares, on several threads: pages.next -> copyist.copy -> archive.keep.
#include "host/prepare/staged_run.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "host/diagnostic/failure.hpp"
#include "host/instance/instance_state.hpp"
#include "tests/host/prepare/pipeline_fixture.hpp"

namespace gistmill {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class StagedRunTest : public PipelineTest {
 protected:
  StagedRunTest() {
    setenv("GISTMILL_CHECK", "0", 1);  // checked calls stay on one thread
    context_.cancel = &canceled_;
  }
  ~StagedRunTest() override { setenv("GISTMILL_CHECK", "1", 1); }

  // `last` pages, of which the copyist fails at number `fails_at`; 0: none.
  void make(std::int64_t last, std::int64_t fails_at = 0) {
    pages_ = make_instance("test/pages", {{"pages", 1000}, {"last", last}});
    copyist_ = make_instance("test/copyist", {{"fails_at", fails_at}});
    archive_ = make_instance("test/archive");
    add(0, *pages_, "next", {});
    add(1, *copyist_, "copy", {SlotRef{0, 0}});
    add(2, *archive_, "keep", {SlotRef{1, 0}});
    for (Instance* instance : instances()) instance->start({{"N", 4}}, 1);
    said_.clear();
  }
  std::vector<Instance*> instances() const { return {pages_.get(), copyist_.get(), archive_.get()}; }
  StagedRun run(int threads) const { return {pipeline_, instances(), context_, threads}; }
  StepContext context_;
  std::int32_t canceled_ = 0;
  std::unique_ptr<Instance> pages_;
  std::unique_ptr<Instance> copyist_;
  std::unique_ptr<Instance> archive_;
};

TEST_F(StagedRunTest, HasAStageForEachInstance) {
  make(3);
  EXPECT_THAT(stage_ends(pipeline_, instances()), ElementsAre(1, 2, 3));
}

TEST_F(StagedRunTest, KeepsTheCallsOfOneInstanceInOneStage) {
  make(3);
  add(1, *copyist_, "copy", {SlotRef{1, 0}});
  add(1, *copyist_, "copy", {SlotRef{0, 0}});
  EXPECT_THAT(stage_ends(pipeline_, instances()), ElementsAre(1, 5));
}

TEST_F(StagedRunTest, HasOneStageWhereACallGivesAnObjectOrDependsOnNoStep) {
  make(3);
  const auto reader = make_instance("test/reader");
  add(3, *reader, "read", {SlotRef{0, 0}});
  std::vector<Instance*> all = instances();
  all.push_back(reader.get());
  EXPECT_THAT(stage_ends(pipeline_, all), ElementsAre(4));
  pipeline_.calls.pop_back();
  add(3, *reader, "weight", {});
  EXPECT_THAT(stage_ends(pipeline_, all), ElementsAre(4));
}

TEST_F(StagedRunTest, HasOneStageWhereCallsAreChecked) {
  setenv("GISTMILL_CHECK", "1", 1);
  make(3);
  EXPECT_THAT(stage_ends(pipeline_, instances()), ElementsAre(3));
}

TEST_F(StagedRunTest, BringsStepsToTheirEndInTheirOrderOnAnyNumberOfThreads) {
  for (const int threads : {1, 2, 8}) {
    pipeline_ = {};
    make(200);
    StagedRun staged = run(threads);
    int steps = 0;
    while (staged.run()) ++steps;
    EXPECT_EQ(steps, 200);
    ASSERT_EQ(said_.size(), 200u);
    for (int i = 0; i < 200; ++i) EXPECT_EQ(said_[i], "kept " + std::to_string(10 * i));
  }
}

TEST_F(StagedRunTest, ThrowsWhatACallThrewOnceTheStepsBeforeItAreDone) {
  make(0, 4);
  StagedRun staged = run(2);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(staged.run());
  try {
    staged.run();
    FAIL() << "the failure was lost";
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("the pen broke"));
  }
  EXPECT_THAT(said_, ElementsAre("kept 0", "kept 10", "kept 20"));
}

TEST_F(StagedRunTest, LeavesEveryInstanceAtTheSameStepWhileItIsHeld) {
  make(0);
  StagedRun staged = run(2);
  for (int round = 0; round < 20; ++round) {
    ASSERT_TRUE(staged.run());
    staged.hold();
    while (staged.under_way()) ASSERT_TRUE(staged.run());
    EXPECT_EQ(save_state(*pages_), save_state(*archive_));
    EXPECT_EQ(save_state(*archive_), std::to_string(said_.size()));
    staged.go_on();
  }
}

TEST_F(StagedRunTest, EndsWhileStepsAreUnderWay) {
  make(0);
  StagedRun staged = run(2);
  EXPECT_TRUE(staged.run());
}

TEST_F(StagedRunTest, BeginsNoCallOnceItIsCanceled) {
  make(0);
  canceled_ = 1;
  StagedRun staged = run(2);
  expect_canceled([&] { staged.run(); });
}

}  // namespace
}  // namespace gistmill
