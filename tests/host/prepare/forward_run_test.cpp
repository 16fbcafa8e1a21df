// The calls of a pipeline that prepares, run forward on plain arrays.
#include "host/prepare/forward_run.hpp"

#include <gmock/gmock.h>

#include "host/diagnostic/failure.hpp"
#include "tests/host/prepare/pipeline_fixture.hpp"

namespace gistmill {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// pages.next -> reader.read, reader.weight -> reader.sum; the reader says what runs.
class ForwardRunTest : public PipelineTest {
 protected:
  ForwardRunTest() {
    pages_ = make_instance("test/pages");
    reader_ = make_instance("test/reader");
    pipeline_.name = "prepare";
    add(0, *pages_, "next", {});
    add(1, *reader_, "read", {SlotRef{0, 0}});
    add(1, *reader_, "weight", {});
    add(1, *reader_, "sum", {SlotRef{1, 0}, SlotRef{2, 0}});
    for (Instance* instance : {pages_.get(), reader_.get()}) instance->start({{"N", 4}}, 1);
    said_.clear();
    context_.cancel = &never_;
  }

  ForwardRun run() { return {pipeline_, {pages_.get(), reader_.get()}}; }

  StepContext context_;

 private:
  const std::int32_t never_ = 0;
  std::unique_ptr<Instance> pages_;
  std::unique_ptr<Instance> reader_;
};

TEST_F(ForwardRunTest, RunsWhatReadsANewPageAndKeepsWhatDependsOnNothing) {
  ForwardRun forward = run();
  EXPECT_TRUE(forward.run(context_));
  EXPECT_THAT(said_, ElementsAre("read runs", "weight runs", "sum runs"));
  said_.clear();
  ++context_.step;
  EXPECT_TRUE(forward.run(context_));
  EXPECT_THAT(said_, ElementsAre("read runs", "sum runs"));
}
TEST_F(ForwardRunTest, LeavesOutSkippedCalls) {
  pipeline_.calls[3].kind = CallClass::skipped;
  EXPECT_TRUE(run().run(context_));
  EXPECT_THAT(said_, ElementsAre("read runs", "weight runs"));
}
TEST_F(ForwardRunTest, RefusesAValueThatIsNotWhatItsPortPromises) {
  pipeline_.calls[3].outputs[0].type = pipeline_.calls[0].outputs[0].type;  // i32[N]
  try {
    run().run(context_);
    FAIL() << "f32 was taken for i32";
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("reader.sum gave output 'x': f32[4] when it should be i32[N]"));
  }
}
TEST_F(ForwardRunTest, BeginsNoCallOnceItIsCanceled) {
  const std::int32_t canceled = 1;
  context_.cancel = &canceled;
  expect_canceled([&] { run().run(context_); });
}

}  // namespace
}  // namespace gistmill
