// The one error of the file formats: what was found, what was expected, in which file and at which byte.
// Not the plugins' Error: this library knows nothing of the ABI.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace gistmill::formats {

struct FormatError : std::runtime_error {
  using std::runtime_error::runtime_error;

  // "<file>: byte <offset>: <message>"
  FormatError(const std::string& file, std::uint64_t offset, const std::string& message)
      : std::runtime_error(file + ": byte " + std::to_string(offset) + ": " + message) {}
};

// Text from a file, safe to print: in quotes, what is not seen or not UTF-8 as \xNN, cut after 64 bytes.
std::string printable(std::string_view text);

}  // namespace gistmill::formats
