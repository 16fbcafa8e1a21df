// Every check of the proxy, by a plugin that breaks one rule and a caller that breaks one.
#include "host/check/checking_proxy.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cfenv>
#include <clocale>
#include <csignal>
#include <filesystem>
#include <functional>
#include <thread>

#include "gistmill/extensions.h"
#include "gistmill/plugin/tensor.hpp"
#include "host/check/given_tensor.hpp"
#include "host/check/violation.hpp"

namespace gistmill {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// ---- a plugin: y = x, with a tape of nothing ----

std::function<void(gm_tensor* x)> misdeed;                     // done in forward, before x is released
std::function<void(gm_value* out, gm_tape** tape)> last_word;  // after the outputs stand
gm_status answer = GM_OK;
bool releases = true;

gm_tape* const kTape = reinterpret_cast<gm_tape*>(&answer);
gm_instance* const kInstance = reinterpret_cast<gm_instance*>(&releases);

void release(gm_tensor* tensor) {
  if (tensor != nullptr && tensor->deleter != nullptr) tensor->deleter(tensor);
}

gm_status forward(gm_instance*, std::uint32_t, const gm_call*, gm_value* in, std::uint32_t, gm_value* out,
                  std::uint32_t, gm_tape** tape) {
  if (misdeed) misdeed(in[0].as.tensor);
  if (releases) release(in[0].as.tensor);
  if (answer == GM_OK) {
    out[0].kind = GM_VALUE_TENSOR;
    out[0].as.tensor = Tensor::of<float>({1, 2}, {2}).share();
    if (tape != nullptr) *tape = kTape;
  }
  if (last_word) last_word(out, tape);
  return answer;
}

std::vector<std::int64_t> gradient_shape = {2};

gm_status vjp(gm_instance*, std::uint32_t, const gm_call*, gm_tape*, gm_tensor** grad_out, std::uint32_t,
              gm_tensor** grad_in, std::uint32_t) {
  release(grad_out[0]);
  grad_in[0] = Tensor::zeros<float>(gradient_shape).share();
  return answer;
}

const gm_operation_info apply_info{sizeof(gm_operation_info), "apply", 1, 1, 1};
const gm_operation_info* const operations[] = {&apply_info};
const gm_component_info component_info{sizeof(gm_component_info), "test/same", 1, operations};

std::uint32_t count_params(gm_instance*) { return 0; }
const gm_params_extension params{sizeof(gm_params_extension), count_params, nullptr, nullptr, nullptr};

const gm_component_interface plugin{
    sizeof(gm_component_interface),
    [] { return 1u; },
    [](std::uint32_t index) { return index == 0 ? &component_info : nullptr; },
    [](const gm_host*, const char*, const gm_options*, gm_instance** out, gm_error*) {
      *out = kInstance;
      return gm_status{GM_OK};
    },
    [](gm_instance*) {},
    [](gm_instance*, const gm_start*, gm_error*) { return gm_status{GM_OK}; },
    forward,
    vjp,
    [](gm_instance*, gm_tape*) {},
    [](gm_instance*, const char* id) -> const void* {
      return std::string(id) == GM_PARAMS_EXTENSION ? &params : nullptr;
    }};

// ---- a caller ----

class CheckingProxy : public ::testing::Test {
 protected:
  void SetUp() override {
    misdeed = nullptr;
    last_word = nullptr;
    answer = GM_OK;
    releases = true;
    gradient_shape = {2};
    OperationSpec apply;
    apply.name = "apply";
    apply.inputs.push_back(port("x"));
    apply.outputs.push_back(port("y"));
    spec_.operations.push_back(apply);
    create_checked({&plugin, &spec_}, "same", nullptr, "test/same", nullptr, &instance_, &error_);
  }
  void TearDown() override { take_violations(); }

  static PortSpec port(const char* name) {
    PortSpec made;
    made.name = name;
    made.type = parse_port_type("f32[N]");
    return made;
  }
  const gm_component_interface& proxy() const { return checking_interface(); }
  void start() { proxy().start(instance_, nullptr, &error_); }
  gm_status call(gm_tape** tape = nullptr, std::uint64_t flags = GM_TENSOR_READ_ONLY) {
    gm_value in{GM_VALUE_TENSOR, 0, {}}, out{};
    in.as.tensor = Tensor::of<float>({1, 2}, {2}).share();
    in.as.tensor->flags = flags;
    const gm_call asked = call_with(tape != nullptr);
    const gm_status status = proxy().forward(instance_, 0, &asked, &in, 1, &out, 1, tape);
    if (out.kind == GM_VALUE_TENSOR) release(out.as.tensor);
    return status;
  }
  gm_status reverse(gm_tape* tape) {
    gm_tensor* grad_out = Tensor::of<float>({1, 2}, {2}).share();
    gm_tensor* grad_in = nullptr;
    const gm_call asked = call_with(true);
    const gm_status status = proxy().vjp(instance_, 0, &asked, tape, &grad_out, 1, &grad_in, 1);
    release(grad_in);
    return status;
  }
  gm_call call_with(bool gradient) {
    gm_call asked{};
    asked.struct_size = sizeof(gm_call);
    asked.cancel = &never_;
    asked.error = &error_;
    if (gradient) {
      asked.flags = GM_CALL_TRAIN;
      asked.need = &need_;
    }
    return asked;
  }
  static std::vector<std::string> found() {
    std::vector<std::string> texts;
    for (const Violation& violation : take_violations()) texts.push_back(violation.text());
    return texts;
  }

  ComponentSpec spec_;
  gm_instance* instance_ = nullptr;
  const volatile std::int32_t never_ = 0;
  const std::uint8_t need_ = 1;
  gm_error error_{sizeof(gm_error), nullptr, [](gm_error*, gm_status, const char*, const char*) {}};
};

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
TEST_F(CheckingProxy, FindsAnExtensionThatIsUsedBeforeItsState) {
  const auto* table =
      static_cast<const gm_params_extension*>(proxy().extension(instance_, GM_PARAMS_EXTENSION));
  table->count(instance_);
  EXPECT_THAT(found(), ElementsAre("same.params.count was called before start"));
}

// ---- threads ----

TEST_F(CheckingProxy, FindsAMainFunctionOnAnotherThread) {
  std::thread([this] { start(); }).join();
  EXPECT_THAT(found(), ElementsAre("same.start was called from another thread than the main one"));
}
TEST_F(CheckingProxy, FindsACallDuringAnother) {
  start();
  misdeed = [this](gm_tensor*) {
    misdeed = nullptr;
    call();
  };
  call();
  EXPECT_THAT(found(), ElementsAre("same.apply was called while another call of the instance was running"));
}

// ---- ownership ----

TEST_F(CheckingProxy, FindsAnInputThatIsNeverReleased) {
  start();
  releases = false;
  call();
  report_unreleased_tensors();
  EXPECT_THAT(found(), ElementsAre("same.apply never released input 'x'"));
}
TEST_F(CheckingProxy, FindsAnInputThatIsReleasedTwice) {
  start();
  misdeed = release;
  call();
  EXPECT_THAT(found(), ElementsAre("same.apply released input 'x' twice"));
}
TEST_F(CheckingProxy, FindsAnInputThatIsWrittenInto) {
  start();
  misdeed = [](gm_tensor* x) { static_cast<float*>(x->data)[1] = 7; };
  call();
  EXPECT_THAT(found(), ElementsAre("same.apply wrote into input 'x', which is read-only"));
}
TEST_F(CheckingProxy, FindsAnInputThatIsGivenWritable) {
  start();
  call(nullptr, 0);
  EXPECT_THAT(found(), ElementsAre("same.apply was given input 'x', which is not READ_ONLY"));
}
TEST_F(CheckingProxy, FindsOutputsAndTapeOfACallThatFailed) {
  start();
  last_word = [](gm_value* out, gm_tape** tape) {
    out[0].kind = GM_VALUE_TENSOR;
    out[0].as.tensor = Tensor::of<float>({1, 2}, {2}).share();
    *tape = kTape;
  };
  answer = GM_ERROR_INTERNAL;
  gm_tape* tape = nullptr;
  call(&tape);
  EXPECT_EQ(tape, nullptr);
  EXPECT_THAT(found(), ElementsAre("same.apply gave output 'y' although it answered 5",
                                   "same.apply kept a tape although it answered 5"));
}

// ---- what comes out ----

TEST_F(CheckingProxy, FindsAnOutputThatIsMissing) {
  start();
  last_word = [](gm_value* out, gm_tape**) {
    release(out[0].as.tensor);
    out[0].kind = GM_VALUE_NONE;
  };
  call();
  EXPECT_THAT(found(), ElementsAre("same.apply gave no output 'y'"));
}
TEST_F(CheckingProxy, FindsAnOutputOfAnotherSizeThanItsLetterHasAtTheInput) {
  start();
  last_word = [](gm_value* out, gm_tape**) {
    release(out[0].as.tensor);
    out[0].as.tensor = Tensor::of<float>({1, 2, 3}, {3}).share();
  };
  call();
  EXPECT_THAT(found(),
              ElementsAre("same.apply gave for its output 'y' f32[3] when it should be f32[N] with N = 2"));
}
TEST_F(CheckingProxy, FindsAGradientOfAnotherShapeThanTheInput) {
  start();
  gradient_shape = {2, 1};
  gm_tape* tape = nullptr;
  call(&tape);
  reverse(tape);
  EXPECT_THAT(
      found(),
      ElementsAre("same.vjp of apply gave the gradient of input 'x' in another shape than the input's"));
}

// ---- the state of the process ----

struct Change {
  const char* name;
  void (*make)();
  void (*undo)();
  const char* text;
};

void PrintTo(const Change& change, std::ostream* out) { *out << change.name; }

class GlobalStateCheck : public CheckingProxy, public ::testing::WithParamInterface<Change> {};

TEST_P(GlobalStateCheck, FindsWhatACallLeavesChanged) {
  const std::string folder = std::filesystem::current_path().string();
  start();
  misdeed = [](gm_tensor*) { GetParam().make(); };
  call();
  GetParam().undo();
  if (chdir(folder.c_str()) != 0) FAIL() << "the working folder is gone";
  const std::vector<std::string> texts = found();
  ASSERT_EQ(texts.size(), 1u);
  EXPECT_THAT(texts[0], ::testing::HasSubstr(GetParam().text));
}

INSTANTIATE_TEST_SUITE_P(
    All, GlobalStateCheck,
    ::testing::Values(
        Change{"folder", [] { std::filesystem::current_path("/"); }, [] {},
               "changed the working folder from "},
        Change{"umask", [] { umask(0077); }, [] { umask(0022); }, "changed the umask from 0022 to 0077"},
        Change{"rounding", [] { std::fesetround(FE_UPWARD); }, [] { std::fesetround(FE_TONEAREST); },
               "changed the rounding or flush-to-zero mode"},
        Change{"handler", [] { std::signal(SIGUSR1, SIG_IGN); }, [] { std::signal(SIGUSR1, SIG_DFL); },
               "changed the handler of signal 10"},
        Change{"mask",
               [] {
                 sigset_t set;
                 sigemptyset(&set);
                 sigaddset(&set, SIGUSR2);
                 pthread_sigmask(SIG_BLOCK, &set, nullptr);
               },
               [] {
                 sigset_t set;
                 sigemptyset(&set);
                 sigaddset(&set, SIGUSR2);
                 pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
               },
               "changed the signal mask"},
        Change{"locale", [] { std::setlocale(LC_ALL, "C.UTF-8"); }, [] { std::setlocale(LC_ALL, "C"); },
               "changed the locale from C to C.UTF-8"}));

}  // namespace
}  // namespace gistmill
