// Standard output and standard error; see terminal.hpp.
#include "host/cli/terminal.hpp"

#include <fmt/color.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace gistmill {

namespace {

// NO_COLOR beats CLICOLOR_FORCE, which beats the terminal.
bool use_color() {
  const auto is_set = [](const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0';
  };
  if (is_set("NO_COLOR")) return false;
  if (is_set("CLICOLOR_FORCE")) return true;
  const char* terminal = std::getenv("TERM");
  return isatty(STDERR_FILENO) != 0 && (terminal == nullptr || std::string_view(terminal) != "dumb");
}

}  // namespace

void print_answer(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void print_talk(std::string_view line) { fmt::print(stderr, "{}\n", line); }

void print_failure(const Failure& failure) {
  const std::string text = failure.what();
  if (!use_color()) {
    fmt::print(stderr, "{}\n", text);
    return;
  }
  const std::size_t end = text.find('\n');
  fmt::print(stderr, fmt::emphasis::bold | fg(fmt::terminal_color::red), "{}", text.substr(0, end));
  fmt::print(stderr, "{}\n", end == std::string::npos ? "" : text.substr(end));
}

}  // namespace gistmill
