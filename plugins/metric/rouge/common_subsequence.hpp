// Longest common subsequences of words: their length and the words that one of them has, in linear memory.
//
// t[i][j] is the length for the first i words of the pattern and the first j of another sequence. A column j
// is kept as one bit a row, 0 where t[i][j] = t[i-1][j] + 1, and the next column follows from it 64 rows at a
// time: v' = (v + (v & m)) | (v & ~m), where m marks the pattern's words that equal word j (Crochemore,
// Iliopoulos, Pinzon and Reid 2001, in the form of Hyyroe 2004). Words that the pattern lacks leave a column
// as it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace gistmill::metric {

class CommonSubsequence {
 public:
  // Words are numbers below `vocabulary`, of the pattern and of all that it is compared with.
  void set_pattern(std::span<const std::int32_t> pattern, std::size_t vocabulary);

  std::size_t length(std::span<const std::int32_t> other);

  // Sets marks[i] of every word i of the pattern that belongs to the longest common subsequence which is
  // found from the ends: where the last words differ, the other's is dropped if t[i][j-1] > t[i-1][j], else
  // the pattern's. marks: one a word of the pattern; those that are set already stay.
  void mark(std::span<const std::int32_t> other, std::vector<std::uint8_t>& marks);

 private:
  using Column = std::uint64_t*;
  void advance(std::int32_t word, Column column) const;
  // Columns of other[begin..end), from columns_[0] on, which is that before `begin`.
  void fill_columns(std::span<const std::int32_t> other, std::size_t begin, std::size_t end);

  std::vector<std::int32_t> pattern_;
  std::size_t blocks_ = 0;           // 64 rows each
  std::vector<std::int32_t> first_;  // [word]: its first place in the pattern; -1: none
  std::vector<std::int32_t> next_;   // [place]: the next place of the same word; -1: none
  std::vector<std::uint64_t> columns_;
  std::vector<std::uint64_t> starts_;  // columns at the starts of stretches
};

}  // namespace gistmill::metric
