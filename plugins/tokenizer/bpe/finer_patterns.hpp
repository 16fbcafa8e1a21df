// The pre-tokenizers whose patterns tell cases, marks, punctuation and symbols apart.
#pragma once

#include <cstddef>
#include <string_view>

namespace gistmill::bpe {

// All give the end of the piece that starts at `at`, which lies within the text.

// o200k, with U for [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}], L for [\p{Ll}\p{Lm}\p{Lo}\p{M}] and
// c for (?i:'s|'t|'re|'ve|'m|'ll|'d):
// [^\r\n\p{L}\p{N}]?U*L+c?|[^\r\n\p{L}\p{N}]?U+L*c?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|
// \s+(?!\S)|\s+
std::size_t gpt_oss_piece(std::string_view text, std::size_t at);

// Mistral's Tekken: the same without c, and with \p{N} for \p{N}{1,3}.
std::size_t tekken_piece(std::string_view text, std::size_t at);

// Three patterns, each on the pieces of the one before and on what it leaves between them:
// \p{N}{1,3}, then [\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+, then
// [!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+|
// ?[\p{P}\p{S}]+[\r\n]*| \s*[\r\n]+|\s+(?!\S)|\s+ segment_end: where the piece of the first two ends that
// `at` lies in; kept between calls, 0 at first.
std::size_t deepseek_piece(std::string_view text, std::size_t at, std::size_t* segment_end);

}  // namespace gistmill::bpe
