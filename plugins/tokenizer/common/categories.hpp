// The categories of characters that the finer patterns of pre-tokenizers tell apart, as Hugging Face's
// `tokenizers` sees them; unicode.hpp has the classes that the others need.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gistmill::tokenizer {

enum class Category : std::uint8_t {
  kOther,        // none of these, and bytes that are not UTF-8
  kUpper,        // \p{Lu}, \p{Lt}
  kLower,        // \p{Ll}
  kCaseless,     // \p{Lm}, \p{Lo}
  kMark,         // \p{M}
  kNumber,       // \p{N}
  kPunctuation,  // \p{P}
  kSymbol,       // \p{S}
  kSpace,        // \s
};

struct Categorized {
  Category category;
  std::size_t size;  // bytes
};

// The character that starts at `at`, which lies within the text.
Categorized category_at(std::string_view text, std::size_t at);

}  // namespace gistmill::tokenizer
