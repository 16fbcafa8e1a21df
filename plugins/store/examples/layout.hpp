// What writer and reader of an example file agree on; docs/example-file.md is the same in words.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace gistmill::examples {

constexpr char kFormat[] = "gistmill-examples";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kLongestName = 1024;  // bytes
constexpr std::size_t kSplits = 2;
constexpr const char* kSplitNames[kSplits] = {"train", "validation"};

// Sizes that every example of a file has.
struct Shape {
  std::int64_t block = 0;    // S, tokens that a gist stands for
  std::int64_t horizon = 0;  // T, tokens of the window that begins with the block
  std::int64_t hidden = 0;   // D
};

// SHA-256 of the content: `splits` are those of the examples of each, every example as document, begin and
// window in int32, then its states in float32; `names` are the documents'.
std::string digest_of(const std::array<std::string, kSplits>& splits, const std::vector<std::string>& names);

// What is known of each split when the file is written.
struct SplitCounts {
  std::uint64_t documents = 0;  // that gave examples
  std::uint64_t blocks = 0;     // whole ones in the windows of these
  std::uint64_t examples = 0;
};

}  // namespace gistmill::examples
