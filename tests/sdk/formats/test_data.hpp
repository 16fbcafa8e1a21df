// Where tests find data that is not part of the repository. A test whose data is missing is skipped.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace gistmill::test {

inline std::filesystem::path shared_data(const std::filesystem::path& inside = {}) {
  const char* set = std::getenv("GISTMILL_SHARED_DATA");
  const std::filesystem::path root =
      set != nullptr ? std::filesystem::path(set)
                     : std::filesystem::path(GISTMILL_SOURCE_DIR) / ".." / "shared" / "data";
  return root / inside;
}

// The teacher's GGUF file.
inline std::filesystem::path model_file() {
  const char* set = std::getenv("GISTMILL_MODEL");
  return set != nullptr ? std::filesystem::path(set)
                        : std::filesystem::path(GISTMILL_SOURCE_DIR) / "data" / "models" /
                              "SmolLM2-135M-Instruct.Q4_1.gguf";
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace gistmill::test

#define GISTMILL_SKIP_WITHOUT(path) \
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "data is missing: " << (path).string()
