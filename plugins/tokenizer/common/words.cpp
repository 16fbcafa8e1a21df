#include "plugins/tokenizer/common/words.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "plugins/tokenizer/common/unicode.hpp"

namespace gistmill::tokenizer {
namespace {

struct CodeRange {
  std::int32_t first, last;
};

// clang-format off
constexpr CodeRange kWords[] = {
#include "plugins/tokenizer/common/word_ranges.inc"
};
// clang-format on

bool is_of_a_word(std::int32_t code) {
  const auto* const range = std::partition_point(std::begin(kWords), std::end(kWords),
                                                 [&](const CodeRange& one) { return one.last < code; });
  return range != std::end(kWords) && range->first <= code;
}

}  // namespace

bool starts_with_word(std::string_view text) {
  std::size_t size = 0;
  return !text.empty() && is_of_a_word(decode_utf8(text, 0, &size));
}

bool ends_with_word(std::string_view text) {
  if (text.empty()) return false;
  const std::size_t at = last_character(text);
  std::size_t size = 0;
  return is_of_a_word(decode_utf8(text, at, &size)) && at + size == text.size();
}

}  // namespace gistmill::tokenizer
