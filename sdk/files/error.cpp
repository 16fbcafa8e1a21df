// The words of files/error.hpp.
#include <gistmill/files/error.hpp>

#include <cctype>
#include <system_error>
#include <utility>

namespace gistmill::files {

std::string error_text(int error) {
  std::string text = std::generic_category().message(error);
  if (text.size() > 1 && std::islower(static_cast<unsigned char>(text[1]))) {  // but "RPC ..." stays
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  }
  return text;
}

FileError::FileError(const std::string& action, const std::filesystem::path& path, int number,
                     std::string what_helps)
    : std::runtime_error("cannot " + action + " " + path.string() + ": " + error_text(number)),
      error(number),
      note(std::move(what_helps)) {}

}  // namespace gistmill::files
