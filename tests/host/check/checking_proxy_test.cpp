// Order, threads and ownership: each check of the proxy, by a plugin or a caller that breaks one rule.
#include <gmock/gmock.h>

#include <thread>

#include "host/check/given_tensor.hpp"
#include "tests/host/check/seeded_plugin.hpp"

namespace gistmill {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_F(CheckingProxy, FindsNothingInALifeThatKeepsTheContract) {
  start();
  gm_tape* tape = nullptr;
  EXPECT_EQ(call(&tape), GM_OK);
  EXPECT_EQ(reverse(tape), GM_OK);
  proxy().tape_release(instance_, tape);
  proxy().destroy(instance_);
  report_unreleased_tensors();
  EXPECT_THAT(found(), IsEmpty());
}

// ---- order ----

TEST_F(CheckingProxy, FindsACallBeforeStart) {
  EXPECT_EQ(call(), GM_ERROR_MISUSE);
  EXPECT_THAT(found(), ElementsAre("same.apply was called before start"));
}
TEST_F(CheckingProxy, FindsASecondStart) {
  start();
  start();
  EXPECT_THAT(found(), ElementsAre("same.start was called a second time"));
}
TEST_F(CheckingProxy, FindsACallAfterDestroy) {
  start();
  proxy().destroy(instance_);
  call();
  EXPECT_THAT(found(), ElementsAre("same.apply was called after destroy"));
}
TEST_F(CheckingProxy, FindsADestroyBeforeItsTapesWereReleased) {
  start();
  gm_tape* tape = nullptr;
  call(&tape);
  proxy().destroy(instance_);
  EXPECT_THAT(found(), ElementsAre("same.destroy was called with 1 tapes not released"));
}
TEST_F(CheckingProxy, FindsATapeThatIsReleasedTwice) {
  start();
  gm_tape* tape = nullptr;
  call(&tape);
  proxy().tape_release(instance_, tape);
  proxy().tape_release(instance_, tape);
  EXPECT_THAT(found(), ElementsAre("same.tape_release was called twice for one tape"));
}
TEST_F(CheckingProxy, FindsAVjpWithoutATape) {
  start();
  reverse(nullptr);
  EXPECT_THAT(found(), ElementsAre("same.vjp of apply was called without the tape of its forward"));
}
TEST_F(CheckingProxy, FindsASecondVjpOfOneForward) {
  start();
  gm_tape* tape = nullptr;
  call(&tape);
  reverse(tape);
  reverse(tape);
  EXPECT_THAT(found(), ElementsAre("same.vjp of apply was called twice for one tape"));
}
TEST_F(CheckingProxy, FindsTheTapeOfAnotherInstance) {
  gm_instance* const other = make("other");
  start();
  start(other);
  gm_tape* tape = nullptr;
  call(&tape);
  EXPECT_EQ(reverse(other, 0, tape), GM_ERROR_MISUSE);
  EXPECT_THAT(found(), ElementsAre("other.vjp of apply was given the tape of another call"));
  proxy().tape_release(other, tape);
  EXPECT_THAT(found(), ElementsAre("other.tape_release was given the tape of another instance"));
}
TEST_F(CheckingProxy, FindsTheTapeOfAnotherOperation) {
  start();
  gm_tape* tape = nullptr;
  call(&tape);
  EXPECT_EQ(reverse(instance_, 1, tape), GM_ERROR_MISUSE);
  EXPECT_THAT(found(), ElementsAre("same.vjp of open was given the tape of another call"));
}
TEST_F(CheckingProxy, FindsATapeThatWasReleased) {
  start();
  gm_tape* tape = nullptr;
  call(&tape);
  proxy().tape_release(instance_, tape);
  EXPECT_EQ(reverse(tape), GM_ERROR_MISUSE);
  EXPECT_THAT(found(), ElementsAre("same.vjp of apply was given a tape that was released"));
}
TEST_F(CheckingProxy, FindsAnExtensionThatIsUsedBeforeItsState) {
  extension<gm_params_extension>(GM_PARAMS_EXTENSION).count(instance_);
  EXPECT_THAT(found(), ElementsAre("same.params.count was called before start"));
}

// ---- threads ----

TEST_F(CheckingProxy, FindsAMainFunctionOnAnotherThread) {
  std::thread([this] { start(); }).join();
  EXPECT_THAT(found(), ElementsAre("same.start was not called from the main thread"));
}
TEST_F(CheckingProxy, FindsACallDuringAnother) {
  start();
  seeds.misdeed = [this](gm_tensor*) {
    seeds.misdeed = nullptr;
    call();
  };
  call();
  EXPECT_THAT(found(), ElementsAre("same.apply was called while another call of the instance was running"));
}

// ---- ownership ----

TEST_F(CheckingProxy, FindsAnInputThatIsNeverReleased) {
  start();
  seeds.releases = false;
  call();
  report_unreleased_tensors();
  EXPECT_THAT(found(), ElementsAre("same.apply never released input 'x'"));
}
TEST_F(CheckingProxy, FindsAnInputThatIsReleasedTwice) {
  start();
  seeds.misdeed = release;
  call();
  EXPECT_THAT(found(), ElementsAre("same.apply released input 'x' twice"));
}
TEST_F(CheckingProxy, FindsAnInputThatIsWrittenInto) {
  start();
  seeds.misdeed = [](gm_tensor* x) { static_cast<float*>(x->data)[1] = 7; };
  call();
  EXPECT_THAT(found(), ElementsAre("same.apply wrote into input 'x', which is read-only"));
}
TEST_F(CheckingProxy, FindsAnInputThatIsGivenWritable) {
  start();
  call(nullptr, 0);
  EXPECT_THAT(found(), ElementsAre("same.apply was given input 'x', which is not READ_ONLY"));
}
TEST_F(CheckingProxy, FindsAGradientThatIsGivenWritable) {
  start();
  gm_tape* tape = nullptr;
  call(&tape);
  reverse(tape, 0);
  EXPECT_THAT(found(),
              ElementsAre("same.vjp of apply was given the gradient of output 'y', which is not READ_ONLY"));
}
TEST_F(CheckingProxy, FindsOutputsAndTapeOfACallThatFailed) {
  start();
  seeds.last_word = [](gm_value* out, gm_tape** tape) {
    out[0].kind = GM_VALUE_TENSOR;
    out[0].as.tensor = Tensor::of<float>({1, 2}, {2}).share();
    *tape = seeded_tape();
  };
  seeds.answer = GM_ERROR_INTERNAL;
  gm_tape* tape = nullptr;
  call(&tape);
  EXPECT_EQ(tape, nullptr);
  EXPECT_THAT(found(), ElementsAre("same.apply gave output 'y' although it answered 5",
                                   "same.apply kept a tape although it answered 5"));
}

}  // namespace
}  // namespace gistmill
