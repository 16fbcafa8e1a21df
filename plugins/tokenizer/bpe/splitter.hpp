// Cuts text into the pieces that byte-level BPE merges within: the pre-tokenizers of GPT-2, StarCoder and
// SmolLM, written out by hand because the pattern needs a lookahead and must be fast.
// Knows no vocabulary. Special tokens are cut out before.
#pragma once

#include <cstddef>
#include <string_view>

namespace gistmill::bpe {

// The pattern of GPT-2 (openai/gpt-2, encoder.py), tried left to right, first alternative first:
//   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
enum class PreTokenizer {
  kGpt2,       // the pattern
  kStarcoder,  // every \p{N} alone first, the pattern on what lies between
};

// By its name in a GGUF file: "gpt-2", "starcoder", "smollm" (the same as starcoder).
// Throws std::invalid_argument, which lists these.
PreTokenizer pre_tokenizer_named(std::string_view name);

// Every byte of the text is in exactly one piece. A byte that is not UTF-8 counts as a character that is
// neither letter, number nor space. Unicode classes are utf8proc's; \s is White_Space.
class Splitter {
 public:
  Splitter(PreTokenizer pre_tokenizer, std::string_view text)
      : digits_alone_(pre_tokenizer == PreTokenizer::kStarcoder), text_(text) {}

  // The next piece, never empty; empty at the end.
  std::string_view next();

 private:
  std::size_t piece_end() const;
  std::size_t whitespace_end(std::size_t after_first) const;

  bool digits_alone_;
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace gistmill::bpe
