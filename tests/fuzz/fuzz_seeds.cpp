// Writes small files from which the fuzzers start: fuzz_seeds FOLDER, a folder a target.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "tests/fuzz/seeds.hpp"

namespace gistmill::fuzz {
namespace {

namespace fs = std::filesystem;

// Files of the source tree that serve as they are.
template <class Wanted>
void copy_seeds(const char* from, const fs::path& folder, Wanted wanted) {
  int number = 0;
  fs::create_directories(folder);
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(GISTMILL_SOURCE_DIR) / from)) {
    if (!entry.is_regular_file() || !wanted(entry.path())) continue;
    fs::copy_file(entry.path(), folder / ("copy" + std::to_string(number++)),
                  fs::copy_options::overwrite_existing);
  }
}

}  // namespace

void write_seed(const fs::path& path, const std::string& bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace gistmill::fuzz

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: fuzz_seeds FOLDER\n";
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  gistmill::fuzz::write_format_seeds(folder);
  gistmill::fuzz::write_elf_seeds(folder);
  gistmill::fuzz::write_chat_template_seeds(folder);
  gistmill::fuzz::write_tokenizer_seeds(folder);
  gistmill::fuzz::copy_seeds("plugins", folder / "manifest",
                             [](const auto& path) { return path.filename() == "plugin.toml"; });
  gistmill::fuzz::copy_seeds(
      "tests/plugins/tokenizer/fixtures", folder / "tokenizer_json",
      [](const auto& path) { return path.extension() == ".json" && path.filename() != "cases.json"; });
  gistmill::fuzz::copy_seeds("tests/plugins/teacher/decoder/fixtures/families", folder / "config_json",
                             [](const auto& path) { return path.filename() == "config.json"; });
  gistmill::fuzz::copy_seeds("tests/plugins/teacher/decoder/fixtures/adapters", folder / "adapter_config",
                             [](const auto& path) { return path.filename() == "adapter_config.json"; });
  return 0;
}
