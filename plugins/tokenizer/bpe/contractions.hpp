// The ends of English words that patterns cut off: 's 't 're 've 'm 'll 'd.
#pragma once

#include <cstddef>
#include <string_view>

namespace gistmill::bpe {

// Bytes of one of them at `at`, which holds an apostrophe; 0 where there is none.
std::size_t contraction(std::string_view text, std::size_t at);

// The same in either case. The long s, U+017F, is an s where case does not count.
std::size_t contraction_of_any_case(std::string_view text, std::size_t at);

}  // namespace gistmill::bpe
