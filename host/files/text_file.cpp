// The SDK's files with the host's failures.
#include "host/files/text_file.hpp"

#include <gistmill/files/new_file.hpp>
#include <gistmill/files/transfer.hpp>

#include "host/files/file_failure.hpp"

namespace gistmill {

std::string read_text_file(const std::filesystem::path& path) {
  return or_failure([&] { return files::read_all(path); });
}

std::optional<std::string> read_text_file_if_there(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  return read_text_file(path);
}

void write_file_atomically(const std::filesystem::path& path, std::string_view bytes) {
  or_failure([&] { files::write_file(path, bytes); });
}

}  // namespace gistmill
