// The program's folders, from /proc/self/exe, and the user's, from the environment.
#include "host/installation/folders.hpp"

#include <cstdlib>
#include <system_error>

namespace gistmill {

namespace {

// The specification has relative paths ignored.
std::filesystem::path path_of_variable(const char* variable) {
  const char* text = ::secure_getenv(variable);
  std::filesystem::path path = text == nullptr ? "" : text;
  return path.is_absolute() ? path : std::filesystem::path();
}

std::filesystem::path folder_of_variable(const char* variable, const char* in_home) {
  std::filesystem::path folder = path_of_variable(variable);
  if (folder.empty()) {
    const std::filesystem::path home = path_of_variable("HOME");
    if (home.empty()) return {};
    folder = home / in_home;
  }
  return folder / "gistmill";
}

}  // namespace

UserFolders user_folders() {
  const std::filesystem::path data = folder_of_variable("XDG_DATA_HOME", ".local/share");
  return {data.empty() ? data : data / "plugins", folder_of_variable("XDG_CONFIG_HOME", ".config")};
}

ProgramFolders program_folders() {
  std::error_code error;  // without /proc the paths are relative, and what is not found there is named
  const auto prefix = std::filesystem::read_symlink("/proc/self/exe", error).parent_path().parent_path();
  const auto libraries = prefix / "lib" / "gistmill";
  const auto shared = prefix / "share" / "gistmill";
  return {libraries,          libraries / "plugins", libraries / "torch",
          shared / "recipes", shared / "roles",      shared / "data"};
}

}  // namespace gistmill
