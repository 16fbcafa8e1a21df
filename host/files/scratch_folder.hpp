// A folder of one process's own, for what it needs only meanwhile.
#pragma once

#include <filesystem>
#include <string_view>

namespace gistmill {

// Made in the system's folder for temporary files, with a name that no other process has, readable by this
// user alone; removed with what is in it at the end of its life. Throws Failure (ExitCode::failed) with the
// system's reason.
class ScratchFolder {
 public:
  explicit ScratchFolder(std::string_view purpose);  // a part of its name
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder();

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace gistmill
