// What is printed of each call where calls are traced.
#include <gmock/gmock.h>

#include <cstdlib>

#include "tests/host/check/seeded_plugin.hpp"

namespace gistmill {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

class CallTrace : public CheckingProxy {
 protected:
  void SetUp() override {
    CheckingProxy::SetUp();
    setenv("GISTMILL_CHECK", "trace", 1);
    ::testing::internal::CaptureStderr();
  }
  void TearDown() override {
    setenv("GISTMILL_CHECK", "1", 1);
    CheckingProxy::TearDown();
  }
};

TEST_F(CallTrace, HasWhatGoesInAndWhatComesOut) {
  start();
  gm_tape* tape = nullptr;
  call(&tape);
  reverse(tape);
  EXPECT_THAT(
      ::testing::internal::GetCapturedStderr(),
      ContainsRegex("> same.start\\(\\)\n< same.start -> nothing in [0-9.]+ ms\n"
                    "> same.apply\\(x f32\\[2\\]\\)\n< same.apply -> y f32\\[2\\] in [0-9.]+ ms\n"
                    "> same.vjp of apply\\(y f32\\[2\\]\\)\n< same.vjp of apply -> x f32\\[2\\] in "));
}

TEST_F(CallTrace, SaysThatACallFailed) {
  start();
  seeds.answer = GM_ERROR_USER;
  call();
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              AllOf(HasSubstr("> same.apply(x f32[2])\n"), HasSubstr("< same.apply -> status 2 in ")));
}

TEST_F(CallTrace, SaysNothingWhereCallsAreOnlyChecked) {
  setenv("GISTMILL_CHECK", "1", 1);
  start();
  call();
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace gistmill
