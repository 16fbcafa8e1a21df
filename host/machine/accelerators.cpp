// Linux only; see accelerators.hpp.
#include "host/machine/accelerators.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

namespace gistmill {

namespace fs = std::filesystem;

// /proc/driver/nvidia/gpus/0000:01:00.0/information: "Model: \t\t NVIDIA H200"
std::vector<std::string> accelerator_names() {
  std::vector<fs::path> folders;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc/driver/nvidia/gpus", error))
    folders.push_back(entry.path());
  std::ranges::sort(folders);
  std::vector<std::string> names;
  for (const fs::path& folder : folders) {
    std::ifstream information(folder / "information");
    for (std::string line; std::getline(information, line);) {
      if (!line.starts_with("Model:")) continue;
      const std::size_t start = line.find_first_not_of(" \t", 6);
      names.push_back(start == std::string::npos ? "NVIDIA device" : line.substr(start));
    }
  }
  return names;
}

// "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 ..."
std::string nvidia_driver_version() {
  std::ifstream version("/proc/driver/nvidia/version");
  std::string line;
  std::getline(version, line);
  std::istringstream words(line);
  for (std::string word; words >> word;) {
    const bool digits = word.find_first_not_of("0123456789.") == std::string::npos;
    if (digits && word.find('.') != std::string::npos) return word;
  }
  return "";
}

}  // namespace gistmill
