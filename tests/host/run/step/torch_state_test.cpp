// What the checking proxy is told of LibTorch, and that a plugin which changes it is named.
#include "host/run/step/torch_state.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/DefaultDtype.h>
#include <gmock/gmock.h>

#include "host/check/violation.hpp"
#include "host/diagnostic/failure.hpp"
#include "tests/host/run/run_fixture.hpp"

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

struct Change {
  const char* name;
  const char* at;
  std::string text;
};

void PrintTo(const Change& change, std::ostream* out) { *out << change.name << " in " << change.at; }

// A run with test/careless, which leaves one thing changed.
class CarelessPlugin : public RunTest, public ::testing::WithParamInterface<Change> {
 protected:
  void SetUp() override {
    RunTest::SetUp();
    setenv("GISTMILL_CHECK", "1", 1);
  }
  void TearDown() override {
    take_violations();
    at::GradMode::set_enabled(true);
    c10::set_default_dtype(caffe2::TypeMeta::Make<float>());
    at::set_num_threads(threads_);
    at::globalContext().setDeterministicAlgorithms(false, false);
    RunTest::TearDown();
  }
  // The message of the failure; "" where the run ended well.
  std::string refusal(const std::string& changes, const std::string& when) {
    const auto path = recipe("[components]\ncareless = { use = \"test/careless\", changes = \"" + changes +
                             "\", at = \"" + when + "\" }\n" + R"(
[pipelines.train]
steps = ["data.next", { call = "careless.apply", out = { y = "seen" } }, { call = "scale.apply", in = { x = "seen" } },
  "loss.value"]
)");
    try {
      run(request(path));
    } catch (const Failure& failure) {
      return failure.message();
    }
    return "";
  }

  const int threads_ = at::get_num_threads();
};

TEST_P(CarelessPlugin, IsNamedWithWhatItChanged) {
  EXPECT_EQ(refusal(GetParam().name, GetParam().at),
            std::string("the contract of the ABI was broken: careless.") + GetParam().at + " changed " +
                GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    All, CarelessPlugin,
    ::testing::Values(Change{"grad-mode", "start", "LibTorch's grad mode from on to off"},
                      Change{"dtype", "apply", "LibTorch's default dtype from float to double"},
                      Change{"threads", "apply",
                             "LibTorch's threads from " + std::to_string(at::get_num_threads()) + " to " +
                                 std::to_string(at::get_num_threads() + 1)},
                      Change{"generator", "apply", "LibTorch's default generator"},
                      Change{"determinism", "apply", "LibTorch's deterministic mode from off to on"}));

TEST_F(CarelessPlugin, IsNotNamedWhereItChangesNothing) { EXPECT_EQ(refusal("nothing", "apply"), ""); }

}  // namespace
}  // namespace gistmill
