// Whether text starts or ends with a character of a word, as `tokenizers` sees words (\w of its added
// tokens).
#pragma once

#include <string_view>

namespace gistmill::tokenizer {

// False where the text is empty, and where the bytes are not UTF-8.
bool starts_with_word(std::string_view text);
bool ends_with_word(std::string_view text);

}  // namespace gistmill::tokenizer
