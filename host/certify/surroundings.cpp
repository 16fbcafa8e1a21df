// See surroundings.hpp.
#include "host/certify/surroundings.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

extern char** environ;

namespace gistmill {

namespace {

int entries_of(const char* folder) {
  std::error_code unreadable;
  std::filesystem::directory_iterator entries(folder, unreadable);
  return unreadable ? 0 : static_cast<int>(std::distance(begin(entries), end(entries)));
}

std::string stream_text(int descriptor) {
  struct stat status {};
  if (fstat(descriptor, &status) != 0) return "closed";
  return fmt::format("file {}:{}", status.st_dev, status.st_ino);
}

// Not shown: it may hold what is nobody's business.
std::string environment() {
  std::string all(1, '\0');
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry)
    all += std::string(*entry) + '\n';
  return all;
}

std::string timers() {
  itimerval timer{};
  getitimer(ITIMER_REAL, &timer);
  return timer.it_value.tv_sec != 0 || timer.it_value.tv_usec != 0 ? "running" : "none";
}

std::string limits() {
  std::string all;
  for (const auto resource : {RLIMIT_NOFILE, RLIMIT_STACK, RLIMIT_FSIZE, RLIMIT_CPU}) {
    rlimit limit{};
    getrlimit(resource, &limit);
    all += fmt::format("{}/{} ", limit.rlim_cur, limit.rlim_max);
  }
  return all;
}

}  // namespace

GlobalState read_surroundings() {
  GlobalState state = read_global_state();
  state.emplace_back("the environment", environment());
  state.emplace_back("standard input", stream_text(STDIN_FILENO));
  state.emplace_back("standard output", stream_text(STDOUT_FILENO));
  state.emplace_back("standard error", stream_text(STDERR_FILENO));
  state.emplace_back("the alarm timer", timers());
  state.emplace_back("the resource limits", limits());
  return state;
}

double seconds_without_processor() {
  std::ifstream file("/proc/thread-self/schedstat");
  double ran = 0, waited = 0;  // ns
  file >> ran >> waited;
  return waited * 1e-9;
}

int open_descriptors() { return entries_of("/proc/self/fd"); }
int running_threads() { return entries_of("/proc/self/task"); }

}  // namespace gistmill
