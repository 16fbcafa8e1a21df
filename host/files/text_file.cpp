// Whole files by the C++ stream; errno of the open tells what is wrong.
#include "host/files/text_file.hpp"

#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include "host/diagnostic/failure.hpp"

namespace gistmill {

std::string read_text_file(const std::filesystem::path& path) {
  const auto fail = [&](int error) {
    const std::string reason = std::generic_category().message(error == 0 ? EIO : error);
    throw Failure(ExitCode::failed, Origin{path.string()}, "cannot be read: " + reason);
  };
  if (std::filesystem::is_directory(path)) fail(EISDIR);
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) fail(errno);
  std::ostringstream text;
  text << file.rdbuf();
  if (file.bad()) fail(errno);
  return std::move(text).str();
}

std::optional<std::string> read_text_file_if_there(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  return read_text_file(path);
}

}  // namespace gistmill
