#include "plugins/metric/rouge/common_subsequence.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace gistmill::metric {
namespace {

// Up to so many blocks all columns are kept at once: 1 MiB.
constexpr std::size_t kMostBlocks = std::size_t{1} << 17;

}  // namespace

void CommonSubsequence::set_pattern(std::span<const std::int32_t> pattern, std::size_t vocabulary) {
  for (const std::int32_t word : pattern_) first_[static_cast<std::size_t>(word)] = -1;
  if (first_.size() < vocabulary) first_.resize(vocabulary, -1);
  next_.resize(pattern.size());
  for (std::size_t i = pattern.size(); i-- > 0;) {
    std::int32_t& first = first_[static_cast<std::size_t>(pattern[i])];
    next_[i] = first;
    first = static_cast<std::int32_t>(i);
  }
  pattern_.assign(pattern.begin(), pattern.end());
  blocks_ = (pattern.size() + 63) / 64;
}

void CommonSubsequence::advance(std::int32_t word, Column column) const {
  std::int32_t place = first_[static_cast<std::size_t>(word)];
  std::uint64_t carry = 0;
  std::size_t block = 0;
  while (place >= 0 || carry != 0) {
    if (carry == 0) block = static_cast<std::size_t>(place) / 64;
    if (block == blocks_) return;  // the carry leaves the pattern
    std::uint64_t marked = 0;
    while (place >= 0 && static_cast<std::size_t>(place) / 64 == block) {
      marked |= std::uint64_t{1} << (place % 64);
      place = next_[static_cast<std::size_t>(place)];
    }
    const std::uint64_t v = column[block];
    const std::uint64_t with_marked = v + (v & marked);
    const std::uint64_t sum = with_marked + carry;
    carry = (with_marked < v || sum < with_marked) ? 1 : 0;
    column[block] = sum | (v & ~marked);
    ++block;
  }
}

std::size_t CommonSubsequence::length(std::span<const std::int32_t> other) {
  columns_.assign(blocks_, ~std::uint64_t{0});
  for (const std::int32_t word : other) advance(word, columns_.data());
  std::size_t zeros = 0;
  for (const std::uint64_t block : columns_) zeros += static_cast<std::size_t>(std::popcount(~block));
  // Rows beyond the pattern are marked by no word: a carry alone leaves them 1, as v + 1 | v has v's ones.
  return zeros;
}

void CommonSubsequence::fill_columns(std::span<const std::int32_t> other, std::size_t begin,
                                     std::size_t end) {
  columns_.resize((end - begin + 1) * blocks_);
  for (std::size_t j = begin; j < end; ++j) {
    const Column before = columns_.data() + (j - begin) * blocks_;
    const Column column = before + blocks_;
    std::copy(before, column, column);
    advance(other[j], column);
  }
}

void CommonSubsequence::mark(std::span<const std::int32_t> other, std::vector<std::uint8_t>& marks) {
  std::size_t i = pattern_.size();
  std::size_t j = other.size();
  if (i == 0 || j == 0) return;
  // Long sequences: only every so many columns are kept, and those between made again on the way back.
  const std::size_t stretch =
      j * blocks_ <= kMostBlocks ? j : static_cast<std::size_t>(std::sqrt(static_cast<double>(j))) + 1;
  starts_.clear();
  columns_.assign(blocks_, ~std::uint64_t{0});
  for (std::size_t at = 0; at < j; ++at) {
    if (at % stretch == 0) starts_.insert(starts_.end(), columns_.begin(), columns_.end());
    if (stretch < j) advance(other[at], columns_.data());
  }
  for (std::size_t begin = (j - 1) / stretch * stretch;; begin -= stretch) {
    const auto start = starts_.begin() + static_cast<std::ptrdiff_t>(begin / stretch * blocks_);
    columns_.assign(start, start + static_cast<std::ptrdiff_t>(blocks_));
    fill_columns(other, begin, j);
    // Whether t[i][column] = t[i-1][column] + 1.
    const auto rises = [&](std::size_t column) {
      const std::uint64_t block = columns_[(column - begin) * blocks_ + (i - 1) / 64];
      return (block >> ((i - 1) % 64) & 1) == 0;
    };
    while (i > 0 && j > begin) {
      if (pattern_[i - 1] == other[j - 1]) {
        marks[--i] = 1;
        --j;
      } else if (rises(j - 1) && rises(j)) {  // t[i][j-1] > t[i-1][j]
        --j;
      } else {
        --i;
      }
    }
    if (i == 0 || begin == 0) return;
  }
}

}  // namespace gistmill::metric
