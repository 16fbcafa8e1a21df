// Plugins with one fault each: certify finds every one, in the check that is for it, and says what it is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "tests/host/certify/certified_plugin.hpp"

namespace gistmill::test {
namespace {

using testing::HasSubstr;

struct Seeded {
  std::string variant;  // of the plugin
  std::string fault;    // of its option; "-": it has none
  std::string check;
  std::string words;  // in what is said
};

void PrintTo(const Seeded& seeded, std::ostream* out) { *out << seeded.variant << " " << seeded.fault; }

class SeededFault : public testing::TestWithParam<Seeded> {};

TEST_P(SeededFault, IsFoundByItsCheck) {
  const Seeded& seeded = GetParam();
  const std::string option = seeded.fault == "-" ? "" : " --set fault=" + seeded.fault;
  const Certified answer =
      certified_file(certified_library(seeded.variant), "--check " + seeded.check + option);
  EXPECT_EQ(answer.code, 4) << answer.json.dump(2);
  EXPECT_EQ(answer.json.value("certified", true), false);
  EXPECT_THAT(answer.faults(), HasSubstr(seeded.words)) << answer.json.dump(2);
}

std::string name_of(const testing::TestParamInfo<Seeded>& info) {
  std::string name = info.param.variant + "_" + info.param.fault;
  for (char& letter : name) letter = std::isalnum(static_cast<unsigned char>(letter)) != 0 ? letter : '_';
  return name;
}

#define SOUND(fault, check, words) \
  Seeded { "sound", fault, check, words }
#define VARIANT(variant, check, words) \
  Seeded { variant, "-", check, words }

INSTANTIATE_TEST_SUITE_P(OfGradients, SeededFault,
                         testing::Values(SOUND("gradient-sign", "gradients",
                                               "gradient of x along a direction"),
                                         SOUND("gradient-twice", "gradients", "when differences give"),
                                         SOUND("gradient-missing", "gradients", "it gives no gradient"),
                                         SOUND("gradient-one-element", "gradients", "gradient of x"),
                                         SOUND("gradient-nan", "gradients", "gradient of x is nan"),
                                         SOUND("gradient-shape", "gradients", "another shape"),
                                         SOUND("gradient-not-needed", "gradients", "which nobody needs"),
                                         SOUND("gradient-if-all", "gradients", "where no other is needed"),
                                         SOUND("parameter-gradient-missing", "gradients", "parameter a"),
                                         SOUND("parameter-gradient-overwritten", "gradients", "is not added"),
                                         SOUND("shared-tape", "gradients", "the tape does not hold"),
                                         SOUND("vjp-throw-int", "gradients", "let an exception out")),
                         name_of);

INSTANTIATE_TEST_SUITE_P(
    OfPorts, SeededFault,
    testing::Values(SOUND("input-changed", "ports", "wrote into"),
                    SOUND("input-changed-back", "ports", "wrote into"),
                    SOUND("input-kept", "ports", "never released"), SOUND("input-twice", "ports", "twice"),
                    SOUND("shape", "ports", "output 'y'"), SOUND("rank", "ports", "output 'y'"),
                    SOUND("dtype", "ports", "output 'y'"), SOUND("not-a-number", "ports", "output y is nan"),
                    SOUND("infinite", "ports", "output y is inf"),
                    SOUND("no-output", "ports", "gave no output"),
                    SOUND("silent-error", "ports", "without a message"),
                    SOUND("defect", "ports", "it does not work today"),
                    SOUND("reused-output", "ports", "overwritten by the next call"),
                    SOUND("borrowed-output", "ports", "output y"),
                    SOUND("strides-ignored", "ports", "depends on the strides"),
                    SOUND("forward-throw-int", "ports", "let an exception out"),
                    SOUND("forward-throw-std", "ports", "let an exception out")),
    name_of);

INSTANTIATE_TEST_SUITE_P(OfEffects, SeededFault,
                         testing::Values(SOUND("impure", "effects", "when its effect is \"pure\""),
                                         SOUND("random-of-its-own", "effects",
                                               "when its effect is \"random\""),
                                         SOUND("random-of-step", "effects", "the same key"),
                                         SOUND("shared-state", "instances", "they share something"),
                                         SOUND("thread-state", "threads", "on another thread")),
                         name_of);

INSTANTIATE_TEST_SUITE_P(OfState, SeededFault,
                         testing::Values(SOUND("state-ignored", "state", "saving what was just loaded"),
                                         SOUND("state-off-by-one", "state", "saving what was just loaded"),
                                         SOUND("state-empty", "state", "does otherwise"),
                                         SOUND("state-throws", "state", "let an exception out"),
                                         SOUND("state-unchecked", "state", "another than before")),
                         name_of);

INSTANTIATE_TEST_SUITE_P(
    OfLife, SeededFault,
    testing::Values(SOUND("forward-abort", "ports", "SIGABRT"), SOUND("forward-segfault", "ports", "SIGSEGV"),
                    SOUND("forward-stack-overflow", "ports", "SIGSEGV"),
                    SOUND("forward-divide-by-zero", "ports", "SIGFPE"),
                    SOUND("forward-exit", "ports", "ended the process with exit code"),
                    SOUND("forward-quick-exit", "ports", "exit code 0"),
                    SOUND("forward-terminate", "ports", "SIGABRT"),
                    SOUND("vjp-segfault", "gradients", "vjp of apply: killed"),
                    SOUND("create-abort", "create", "create: killed the process with SIGABRT"),
                    SOUND("create-throw-int", "create", "let an exception out"),
                    SOUND("start-segfault", "create", "start: killed"),
                    SOUND("destroy-segfault", "create", "destroy: killed"),
                    SOUND("start-of-its-own", "create", "start with the same seed"),
                    SOUND("unknown-extension", "create", "answers an id that does not exist"),
                    SOUND("option-crash", "options", "SIGABRT"),
                    SOUND("option-defect", "options", "power = 3")),
    name_of);

INSTANTIATE_TEST_SUITE_P(OfHanging, SeededFault,
                         testing::Values(SOUND("forward-hang", "ports", "did not come back"),
                                         SOUND("start-hang", "create", "start: did not come back"),
                                         SOUND("slow", "cancel", "after it was canceled")),
                         name_of);

INSTANTIATE_TEST_SUITE_P(OfTheProcess, SeededFault,
                         testing::Values(SOUND("forward-folder", "ports", "the working folder"),
                                         SOUND("start-folder", "create", "start changed the working folder"),
                                         SOUND("forward-locale", "ports", "the locale"),
                                         SOUND("forward-signal", "ports", "the handler of signal 2"),
                                         SOUND("forward-umask", "ports", "the umask"),
                                         SOUND("forward-environment", "ports", "changed the environment"),
                                         SOUND("forward-stdout", "ports", "wrote on standard output"),
                                         SOUND("forward-closed-stderr", "ports", "standard error"),
                                         SOUND("forward-file", "ports", "left left.txt"),
                                         SOUND("forward-flush-to-zero", "ports", "flush-to-zero")),
                         name_of);

INSTANTIATE_TEST_SUITE_P(OfLeaks, SeededFault,
                         testing::Values(SOUND("forward-leak", "leaks", "stay behind each time"),
                                         SOUND("vjp-leak", "leaks", "stay behind each time"),
                                         SOUND("instance-leak", "leaks", "create and destroy"),
                                         SOUND("forward-descriptor", "leaks", "descriptors stay open"),
                                         SOUND("create-descriptor", "leaks", "descriptors stay open"),
                                         SOUND("forward-mapped", "leaks", "MB more memory"),
                                         SOUND("forward-thread", "leaks", "threads stay behind")),
                         name_of);

INSTANTIATE_TEST_SUITE_P(
    OfTheFile, SeededFault,
    testing::Values(VARIANT("static-segfault", "load", "loading: killed the process with SIGSEGV"),
                    VARIANT("static-exit", "load", "loading: ended the process with exit code 0"),
                    VARIANT("static-throw-std", "load", "from the depths"),
                    VARIANT("static-folder", "load", "changed the working folder"),
                    VARIANT("static-environment", "load", "changed the environment"),
                    VARIANT("static-stdout", "load", "wrote on standard output"),
                    VARIANT("static-hang", "load", "loading: did not come back"),
                    VARIANT("exports", "symbols", "exports 'a_symbol_of_its_own'"),
                    VARIANT("undefined", "load", "nobody_defines_this"),
                    VARIANT("parameters-denied", "create", "does not say parameters = true"),
                    VARIANT("other-port", "ports", "output 'y'"),
                    VARIANT("other-symbol", "create", "symbol N is 2"),
                    VARIANT("called-pure", "effects", "noise")),
    name_of);

#ifdef GISTMILL_HAS_TORCH
INSTANTIATE_TEST_SUITE_P(
    OfLibTorch, SeededFault,
    testing::Values(Seeded{"torch", "seed", "ports", "LibTorch's default generator"},
                    Seeded{"torch", "draw", "ports", "LibTorch's default generator"},
                    Seeded{"torch", "threads", "ports", "LibTorch's threads"},
                    Seeded{"torch", "grad-mode", "create", "LibTorch's grad mode"},
                    Seeded{"torch", "default-dtype", "ports", "LibTorch's default dtype"},
                    Seeded{"torch", "deterministic", "ports", "LibTorch's deterministic mode"},
                    Seeded{"torch", "throw-c10", "ports", "from the depths"},
                    Seeded{"torch", "detached", "gradients", "gradient of x"},
                    Seeded{"torch", "in-place", "ports", "wrote into"}),
    name_of);
#endif

}  // namespace
}  // namespace gistmill::test
