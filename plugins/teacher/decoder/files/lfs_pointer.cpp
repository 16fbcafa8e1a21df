#include "plugins/teacher/decoder/files/lfs_pointer.hpp"

#include <filesystem>
#include <fstream>
#include <gistmill/formats/lfs_pointer.hpp>

#include "plugins/teacher/decoder/files/refusal.hpp"

namespace gistmill::decoder {
namespace {

namespace fs = std::filesystem;

void refuse_pointer(const fs::path& path) {
  std::error_code failure;
  if (!fs::is_regular_file(path, failure)) return;
  std::string begin(formats::kLfsPointerStart.size(), '\0');
  std::ifstream(path, std::ios::binary).read(begin.data(), static_cast<std::streamsize>(begin.size()));
  if (!formats::is_lfs_pointer(begin)) return;
  refuse(path.string() +
         ": is a Git LFS pointer and not the file itself; `git lfs pull` in its folder fetches it");
}

}  // namespace

void refuse_lfs_pointers(const std::string& path) {
  std::error_code failure;
  if (!fs::is_directory(path, failure)) return refuse_pointer(path);
  for (fs::directory_iterator file(path, failure), end; !failure && file != end; file.increment(failure)) {
    const fs::path extension = file->path().extension();
    if (extension == ".safetensors" || file->path().filename() == "config.json" ||
        file->path().filename() == "adapter_config.json" ||
        file->path().filename().string().ends_with(".index.json"))
      refuse_pointer(file->path());
  }
}

}  // namespace gistmill::decoder
