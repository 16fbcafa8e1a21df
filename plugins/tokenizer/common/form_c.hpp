// Normalization form C, as to_normal_form() makes it, but fast: only what may change is looked at twice.
#pragma once

#include <string>
#include <string_view>

namespace gistmill::tokenizer {

// Of what is UTF-8; other bytes stay, and nothing composes across them.
std::string to_nfc(std::string_view text);

// The same without a copy where nothing changes: `text` itself, else what is in `buffer`.
std::string_view in_form_c(std::string_view text, std::string* buffer);

}  // namespace gistmill::tokenizer
