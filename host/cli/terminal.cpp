// Standard output and standard error; see terminal.hpp.
#include "host/cli/terminal.hpp"

#include <fmt/color.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <gistmill/files/error.hpp>
#include <gistmill/files/transfer.hpp>
#include <gistmill/text/shown.hpp>

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
  const files::Transferred put = files::write(STDOUT_FILENO, text);
  if (put.error == EPIPE) throw NobodyReads();
  if (put.error != 0)
    throw Failure(ExitCode::failed,
                  fmt::format("standard output cannot be written: {}", files::error_text(put.error)));
}

// Messages quote files and input, whose bytes must not steer the terminal.
void print_talk(std::string_view line) { fmt::print(stderr, "{}\n", text::printable(line)); }

void print_failure(const Failure& failure) {
  const std::string shown = text::printable(failure.what());
  if (!use_color()) {
    fmt::print(stderr, "{}\n", shown);
    return;
  }
  const std::size_t end = shown.find('\n');
  fmt::print(stderr, fmt::emphasis::bold | fg(fmt::terminal_color::red), "{}", shown.substr(0, end));
  fmt::print(stderr, "{}\n", end == std::string::npos ? "" : shown.substr(end));
}

}  // namespace gistmill
