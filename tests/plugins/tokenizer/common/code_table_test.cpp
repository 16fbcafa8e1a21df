// A table by code point against the ranges that it was made of.
#include "plugins/tokenizer/common/code_table.hpp"

#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

namespace gistmill::tokenizer {
namespace {

constexpr std::int32_t kEnd = 0x110000;

// The last of the ranges that has the code point.
std::vector<std::uint8_t> plain_table(const std::vector<CodeRangeOf<std::uint8_t>>& ranges) {
  std::vector<std::uint8_t> values(kEnd, 0);
  for (const auto& range : ranges) {
    for (std::int32_t code = range.first; code <= range.last; ++code)
      values[static_cast<std::size_t>(code)] = range.value;
  }
  return values;
}

TEST(CodeTable, HasTheValueOfTheLastRangeThatHasTheCodePoint) {
  for (const std::vector<CodeRangeOf<std::uint8_t>>& ranges :
       std::vector<std::vector<CodeRangeOf<std::uint8_t>>>{
           {},
           {{0, 0, 1}, {kEnd - 1, kEnd - 1, 2}},
           {{0, kEnd - 1, 3}},
           {{0xFF, 0x100, 1}, {0x200, 0x2FF, 2}, {0x300, 0x5FF, 1}, {0x601, 0x6FE, 1}},
           {{0x10, 0x1234, 5}, {0x100, 0x1FF, 0}, {0x180, 0x2FF, 7}, {0x40, 0x40, 9}}}) {
    const CodeTable<std::uint8_t> table(ranges);
    const std::vector<std::uint8_t> plain = plain_table(ranges);
    std::int32_t wrong = 0;
    for (std::int32_t code = 0; code < kEnd; ++code)
      wrong += table.of(code) != plain[static_cast<std::size_t>(code)];
    EXPECT_EQ(wrong, 0) << ranges.size() << " ranges";
  }
}

}  // namespace
}  // namespace gistmill::tokenizer
