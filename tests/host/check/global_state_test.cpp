// What a call leaves changed in the process.
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cfenv>
#include <clocale>
#include <csignal>
#include <filesystem>

#include "tests/host/check/seeded_plugin.hpp"

namespace gistmill {
namespace {

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
  seeds.misdeed = [](gm_tensor*) { GetParam().make(); };
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
