// Numbers of tokenizer.json as `tokenizers` reads them.
#pragma once

#include <optional>
#include <string_view>

namespace gistmill::tokenizer {

// The double that serde_json, by which `tokenizers` reads, makes of a JSON number: its digits as a whole
// number, as many as 64 bits hold, times or by a power of ten. Of more than 15 digits this is not always the
// nearest double, and scores that differ in their last bit break ties in another way. Nothing where the
// number is too large.
std::optional<double> score_of(std::string_view number);

}  // namespace gistmill::tokenizer
