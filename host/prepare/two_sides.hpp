// Texts that one prepared corpus trains on and another holds out, told by their names. Within a corpus the
// source sees to that; two corpora of the same text may be split in different ways.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace gistmill {

class TwoSides {
 public:
  // Reads the names of a corpus and compares them with those before it. What is to be told, one line for
  // each of these that splits a text in another way. Says nothing of files that are no token files.
  std::vector<std::string> add(const std::filesystem::path& path);

 private:
  using Sides = std::map<std::string, std::int32_t, std::less<>>;  // of texts by name: 0 train, 1 validation

  std::map<std::filesystem::path, Sides> corpora_;
};

}  // namespace gistmill
