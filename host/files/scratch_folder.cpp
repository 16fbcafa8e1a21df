// See scratch_folder.hpp.
#include "host/files/scratch_folder.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

#include <gistmill/files/error.hpp>

#include "host/diagnostic/failure.hpp"

namespace gistmill {

namespace fs = std::filesystem;

ScratchFolder::ScratchFolder(std::string_view purpose) {
  const char* set = std::getenv("TMPDIR");
  const fs::path parent = set != nullptr && *set != '\0' ? set : "/tmp";
  std::string name = (parent / fmt::format("gistmill-{}-XXXXXX", purpose)).string();
  if (mkdtemp(name.data()) == nullptr)
    throw Failure(ExitCode::failed,
                  fmt::format("cannot make a folder in '{}', the folder for temporary files (TMPDIR): {}",
                              parent.string(), files::error_text(errno)));
  path_ = name;
}

ScratchFolder::~ScratchFolder() {
  std::error_code gone;
  fs::remove_all(path_, gone);
}

}  // namespace gistmill
