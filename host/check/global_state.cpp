// See global_state.hpp.
#include "host/check/global_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cfenv>
#include <clocale>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <span>
#include <system_error>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace gistmill {

namespace {

std::vector<void (*)(GlobalState&)>& probes() {
  static std::vector<void (*)(GlobalState&)> all;
  return all;
}

template <class T>
std::string unreadable(const T& value) {
  const auto bytes = std::as_bytes(std::span<const T, 1>(&value, 1));
  return std::string(1, '\0') + std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

std::string working_folder() {
  std::error_code failure;
  return std::filesystem::current_path(failure).string();
}

// Not by umask(), which sets what it reads: another thread may make a file in between.
std::string umask_text() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("Umask:", 0) == 0) return line.substr(line.find_first_not_of(" \t", 6));
  }
  return "";
}

void add_signals(GlobalState& state) {
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction action {};
    if (sigaction(signal, nullptr, &action) != 0) continue;
    state.emplace_back(fmt::format("the handler of signal {}", signal), unreadable(action.sa_handler));
  }
  sigset_t mask{};
  sigemptyset(&mask);
  pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  state.emplace_back("the signal mask", unreadable(mask));
}

std::string rounding() {
#if defined(__x86_64__)
  constexpr unsigned kControl = 0xffc0;  // without the flags of what happened
  return fmt::format("{:#x}", _mm_getcsr() & kControl);
#else
  return fmt::format("{}", std::fegetround());
#endif
}

}  // namespace

void add_state_probe(void (*probe)(GlobalState& state)) {
  auto& all = probes();
  if (std::find(all.begin(), all.end(), probe) == all.end()) all.push_back(probe);
}

GlobalState read_global_state() {
  GlobalState state;
  state.reserve(NSIG + 16);
  state.emplace_back("the working folder", working_folder());
  state.emplace_back("the locale", std::setlocale(LC_ALL, nullptr));
  state.emplace_back("the thread's locale", unreadable(uselocale(nullptr)));
  state.emplace_back("the umask", umask_text());
  state.emplace_back("the rounding or flush-to-zero mode", rounding());
  add_signals(state);
  for (const auto probe : probes()) probe(state);
  return state;
}

std::vector<std::string> differences(const GlobalState& before, const GlobalState& after) {
  std::vector<std::string> found;
  for (std::size_t i = 0; i < std::min(before.size(), after.size()); ++i) {
    const auto& [name, value] = before[i];
    const std::string& now = after[i].second;
    if (value == now) continue;
    const bool shown = (value.empty() || value[0] != '\0') && (now.empty() || now[0] != '\0');
    found.push_back(shown ? fmt::format("{} from {} to {}", name, value, now) : name);
  }
  return found;
}

}  // namespace gistmill
