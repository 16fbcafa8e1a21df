// Grapheme clusters as `tokenizers` 0.23 sees them: what a reader takes for one character.
#pragma once

#include <cstddef>
#include <string_view>

namespace gistmill::tokenizer {

// The end of the cluster that starts at `at`, which lies within the text and at the start of a cluster. A
// byte that is not UTF-8 is a cluster of its own.
std::size_t cluster_end(std::string_view text, std::size_t at);

}  // namespace gistmill::tokenizer
