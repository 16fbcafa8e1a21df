// Files that a source reads, and what it says of those that it refuses.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <gistmill/plugin/values.hpp>

namespace gistmill::dataset::test {

// Writes a file, and the folders that it lies in.
inline void put(const std::filesystem::path& path, std::string_view text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

struct Refusal {
  std::string message;
  std::string key;
};

template <class Body>
Refusal refusal(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    return {error.what(), error.key};
  }
  return {"nothing was thrown", ""};
}

}  // namespace gistmill::dataset::test
