// Which calls are told of after the first steps.
#include "host/run/slow_calls.hpp"

#include <gmock/gmock.h>

namespace gistmill {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SlowCallsTest : public ::testing::Test {
 protected:
  SlowCallsTest() {
    source_.effect = Effect::stateful;
    reads_.inputs.emplace_back();
    pipeline_.name = "train";
    add("corpus.next", source_, CallClass::forward);
    add("teacher.read", reads_, CallClass::forward);
    add("gist.compress", reads_, CallClass::trains);
  }
  std::vector<std::string> told(double source, double read, double compress) {
    std::vector<CallAccount> accounts(3);
    accounts[0].forward.total.seconds = source;
    accounts[1].forward.total.seconds = read;
    accounts[2].forward.total.seconds = compress / 3;
    accounts[2].backward.total.seconds = compress * 2 / 3;
    return slow_calls(pipeline_, accounts);
  }

  PlannedPipeline pipeline_;

 private:
  void add(const char* name, const OperationSpec& operation, CallClass kind) {
    PlannedCall call;
    call.name = name;
    call.operation = &operation;
    call.kind = kind;
    pipeline_.calls.push_back(call);
  }
  OperationSpec source_;
  OperationSpec reads_;
};

TEST_F(SlowCallsTest, AreNoneWhereMostTimeGoesIntoWhatTrains) { EXPECT_THAT(told(2, 4, 4), IsEmpty()); }
TEST_F(SlowCallsTest, TellASourceThatIsSlowerThanAQuarterOfTheTime) {
  EXPECT_THAT(told(3, 3, 4),
              ElementsAre(HasSubstr("corpus.next takes 30 % of a step: the data come slower")));
}
TEST_F(SlowCallsTest, TellOfAFrozenCallThatCouldBeKept) {
  EXPECT_THAT(
      told(0, 6, 4),
      ElementsAre(HasSubstr("teacher.read takes 60 % of a step, and the same inputs always give the same: if "
                            "texts come again, keep it with pipelines.train.cache = [\"teacher.read\"]")));
}
TEST_F(SlowCallsTest, SayNothingOfACallThatIsKept) {
  pipeline_.calls[1].cached = true;
  EXPECT_THAT(told(0, 6, 4), IsEmpty());
}
TEST_F(SlowCallsTest, SayNothingOfWhatTrains) { EXPECT_THAT(told(0, 0, 4), IsEmpty()); }
TEST_F(SlowCallsTest, SayNothingBeforeAnythingRan) { EXPECT_THAT(told(0, 0, 0), IsEmpty()); }

}  // namespace
}  // namespace gistmill
