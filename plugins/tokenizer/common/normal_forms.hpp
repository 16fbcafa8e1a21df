// Unicode's normalization forms as Hugging Face's `tokenizers` knows them: those of Unicode 9. Characters
// that are younger stay as they are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gistmill::tokenizer {

enum class NormalForm : std::uint8_t { kC, kD, kKC, kKD };

// Of what is UTF-8; other bytes stay, and nothing composes or changes places across them. Takes time that
// grows with the text, whatever marks stand in it, and some 24 bytes a byte of memory where every character
// is one that decomposes into many.
std::string to_normal_form(std::string_view text, NormalForm form);

}  // namespace gistmill::tokenizer
