// Standard output and standard error; see terminal.hpp.
#include "host/cli/terminal.hpp"

#include <fmt/color.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "host/files/descriptor.hpp"

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

// Messages quote files and input, whose bytes must not steer the terminal.
std::string printable(std::string_view text) {
  std::string shown;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool steers = (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7F;
    if (steers) {
      shown += fmt::format("\\x{:02x}", byte);
    } else {
      shown += c;
    }
  }
  return shown;
}

}  // namespace

void print_answer(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EPIPE) {
      throw NobodyReads();
    } else if (errno != EINTR) {
      throw Failure(ExitCode::failed,
                    fmt::format("standard output cannot be written: {}", error_text(errno)));
    }
  }
}

void print_talk(std::string_view line) { fmt::print(stderr, "{}\n", printable(line)); }

void print_failure(const Failure& failure) {
  const std::string text = printable(failure.what());
  if (!use_color()) {
    fmt::print(stderr, "{}\n", text);
    return;
  }
  const std::size_t end = text.find('\n');
  fmt::print(stderr, fmt::emphasis::bold | fg(fmt::terminal_color::red), "{}", text.substr(0, end));
  fmt::print(stderr, "{}\n", end == std::string::npos ? "" : text.substr(end));
}

}  // namespace gistmill
