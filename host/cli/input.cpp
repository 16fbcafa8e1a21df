#include "host/cli/input.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <gistmill/files/error.hpp>
#include <gistmill/files/transfer.hpp>

#include "host/cli/terminal.hpp"

namespace gistmill {

namespace {

// `read` with what it refuses said of the input `name`.
template <class Read>
Input input_of(const std::string& name, const Read& read) {
  try {
    return {name, read()};
  } catch (const files::FileError& error) {
    throw Failure(ExitCode::recipe,
                  fmt::format("{} cannot be read: {}", name, files::error_text(error.error)));
  }
}

}  // namespace

Input read_input(const Command& command, std::size_t index) {
  if (command.arguments.size() <= index || command.arguments[index] == "-") {
    if (isatty(STDIN_FILENO) != 0) print_talk("reading standard input; Ctrl-D ends it");
    static constexpr const char* kName = "standard input";
    return input_of(kName, [] { return files::read_all(STDIN_FILENO, kName); });
  }
  const std::string& name = command.arguments[index];
  Input input = input_of(name, [&] { return files::read_all(name); });
  if (input.bytes.starts_with("GGUF")) {
    throw Failure(ExitCode::usage, fmt::format("{} is a GGUF file when it should be text", name),
                  {"of a model in several files name one; the others are found by its name"});
  }
  return input;
}

}  // namespace gistmill
