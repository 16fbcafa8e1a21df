// What the checking proxy is told of LibTorch.
#include "host/run/step/torch_state.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>

namespace gistmill {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

GlobalState read() {
  GlobalState state;
  read_torch_state(state);
  return state;
}

TEST(TorchStateTest, GradModeAndTheGeneratorAreSeenToChange) {
  const GlobalState before = read();
  EXPECT_THAT(differences(before, read()), IsEmpty());
  {
    const at::NoGradGuard no_grad;
    EXPECT_THAT(differences(before, read()), ElementsAre("LibTorch's grad mode from on to off"));
  }
  at::rand({4});
  EXPECT_THAT(differences(before, read()), ElementsAre("LibTorch's default generator"));
}

}  // namespace
}  // namespace gistmill
