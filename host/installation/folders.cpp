// The program's folders, from /proc/self/exe.
#include "host/installation/folders.hpp"

#include <system_error>

namespace gistmill {

ProgramFolders program_folders() {
  std::error_code error;  // without /proc the paths are relative, and what is not found there is named
  const auto prefix = std::filesystem::read_symlink("/proc/self/exe", error).parent_path().parent_path();
  const auto libraries = prefix / "lib" / "gistmill";
  const auto shared = prefix / "share" / "gistmill";
  return {libraries / "libgistmill-run.so",
          libraries / "plugins",
          libraries / "torch",
          shared / "recipes",
          shared / "roles",
          shared / "data"};
}

}  // namespace gistmill
