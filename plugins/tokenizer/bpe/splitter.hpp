// Cuts text into the pieces that byte-level BPE merges within: the pre-tokenizers of GPT-2, StarCoder, Llama
// 3, Qwen 2, gpt-oss, Mistral's Tekken and DeepSeek V3, written out by hand because the patterns need a
// lookahead and must be fast. Knows no vocabulary. Added tokens are cut out before.
#pragma once

#include <cstddef>
#include <string_view>

#include "plugins/tokenizer/common/unicode.hpp"

namespace gistmill::bpe {

// Patterns are tried left to right, first alternative first.
enum class PreTokenizer {
  // openai/gpt-2, encoder.py: 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
  kGpt2,
  // Every number character alone first, then the pattern of GPT-2 on what lies between. SmolLM has it too.
  kStarcoder,
  // (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+
  // |\s+(?!\S)|\s+
  kLlama3,
  // The same with \p{N} for \p{N}{1,3}. Qwen 3 has it too.
  kQwen2,
  // finer_patterns.hpp has these.
  kGptOss,
  kTekken,
  kDeepseekV3,
};

const char* pre_tokenizer_name(PreTokenizer pre_tokenizer);  // "gpt-2", "starcoder"

// Every byte of the text is in exactly one piece. A byte that is not UTF-8 counts as a character that is
// neither letter, number nor space. Classes are those of unicode.hpp.
class Splitter {
 public:
  Splitter(PreTokenizer pre_tokenizer, std::string_view text) : kind_(pre_tokenizer), text_(text) {}

  // The next piece, never empty; empty at the end.
  std::string_view next();

 private:
  using Class = tokenizer::CharacterClass;

  tokenizer::Character character(std::size_t at) const;
  std::size_t end_of_run(Class type, std::size_t at) const;
  std::size_t end_of_letters(std::size_t at) const;

  std::size_t piece_end();
  std::size_t gpt2_piece() const;
  std::size_t gpt2_space(std::size_t after_first) const;
  std::size_t tiktoken_piece() const;
  std::size_t tiktoken_numbers(std::size_t after_first) const;
  std::size_t tiktoken_others(std::size_t after_first) const;
  std::size_t tiktoken_space() const;

  PreTokenizer kind_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t segment_end_ = 0;  // deepseek_piece()'s
};

}  // namespace gistmill::bpe
