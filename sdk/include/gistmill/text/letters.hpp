// Letters of UTF-8 text: which characters make words, and lower case as Python's str.lower makes it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gistmill::text {

// Unicode's general categories L and N.
bool is_letter_or_number(std::int32_t code);

// Unicode's Case_Ignorable: what may stand between the letters of a word, such as accents and apostrophes.
bool is_case_ignorable(std::int32_t code);

// Unicode's full mapping, without the rules of a language. A capital sigma at the end of a word becomes a
// final one. Bytes that are not UTF-8 stay as they are.
std::string lower_case(std::string_view text);

}  // namespace gistmill::text
