#include "host/cli/input.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "host/cli/terminal.hpp"
#include "host/files/descriptor.hpp"

namespace gistmill {

namespace {

constexpr std::size_t kLeastRead = 1 << 16;  // bytes asked for at a time

[[noreturn]] void fail(const std::string& name) {
  throw Failure(ExitCode::recipe, fmt::format("{} cannot be read: {}", name, error_text(errno)));
}

Input read_all(int descriptor, const std::string& name) {
  Input input{name, ""};
  for (std::size_t filled = 0;;) {
    input.bytes.resize(std::max(filled + kLeastRead, filled * 2));
    const ssize_t count = ::read(descriptor, input.bytes.data() + filled, input.bytes.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(name);
    filled += static_cast<std::size_t>(count);
    if (count > 0) continue;
    input.bytes.resize(filled);
    return input;
  }
}

}  // namespace

Input read_input(const Command& command, std::size_t index) {
  if (command.arguments.size() <= index || command.arguments[index] == "-") {
    if (isatty(STDIN_FILENO) != 0) print_talk("reading standard input; Ctrl-D ends it");
    return read_all(STDIN_FILENO, "standard input");
  }
  const std::string& name = command.arguments[index];
  const Descriptor file(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) fail(name);
  return read_all(file.get(), name);
}

}  // namespace gistmill
