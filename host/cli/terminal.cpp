// Standard output and standard error; see terminal.hpp.
#include "host/cli/terminal.hpp"

#include <fmt/color.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <gistmill/files/error.hpp>
#include <gistmill/files/transfer.hpp>
#include <gistmill/text/shown.hpp>

namespace gistmill {

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// NO_COLOR beats CLICOLOR_FORCE, which beats the terminal.
bool use_color() {
  if (!variable("NO_COLOR").empty()) return false;
  if (!variable("CLICOLOR_FORCE").empty()) return true;
  return isatty(STDERR_FILENO) != 0 && variable("TERM") != "dumb";
}

}  // namespace

bool can_redraw() {
  const std::string terminal = variable("TERM");
  return isatty(STDOUT_FILENO) != 0 && !terminal.empty() && terminal != "dumb";
}

TerminalSize terminal_size() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {size.ws_col, size.ws_row};
}

// The first of these that is not empty names the encoding, as setlocale(3) has it.
bool draws_utf8() {
  std::string locale = variable("LC_ALL");
  if (locale.empty()) locale = variable("LC_CTYPE");
  if (locale.empty()) locale = variable("LANG");
  std::ranges::transform(locale, locale.begin(), [](unsigned char letter) { return std::tolower(letter); });
  return locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
}

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
