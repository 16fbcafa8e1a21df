// GPT-2's alphabet: every byte has a printable character, so that the tokens of a file are text.
#pragma once

#include <string>
#include <string_view>

namespace gistmill::bpe {

// 0x20 is U+0120, and so on.
std::string to_byte_alphabet(std::string_view bytes);
// False where `text` holds a character outside the alphabet; `bytes` is then of no use.
bool from_byte_alphabet(std::string_view text, std::string* bytes);

}  // namespace gistmill::bpe
