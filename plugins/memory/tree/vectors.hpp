// The vectors of a tree's gists: level 1 as they come, one a block, and above them level 2. Knows no tokens.
#pragma once

#include <cstdint>
#include <vector>

namespace gistmill::memory {

// One thread at a time. Rows are D floats, oldest first.
class TreeVectors {
 public:
  // block: K, 2 or more; width: D, 1 or more.
  TreeVectors(std::int64_t block, std::int64_t width) : block_(block), width_(width) {}

  // The next block's gist f32[D]. With each K-th, the gist of level 2: the mean of the last K, summed in f64
  // in the order of the blocks, so that it is the same bits however the tree came about.
  void append(const float* gist);

  std::int64_t block() const { return block_; }
  std::int64_t count() const { return static_cast<std::int64_t>(level_1_.size()) / width_; }  // blocks
  const std::vector<float>& level_1() const { return level_1_; }                              // [M, D]
  const std::vector<float>& level_2() const { return level_2_; }                              // [M / K, D]

 private:
  std::int64_t block_;
  std::int64_t width_;
  std::vector<float> level_1_;
  std::vector<float> level_2_;
};

}  // namespace gistmill::memory
