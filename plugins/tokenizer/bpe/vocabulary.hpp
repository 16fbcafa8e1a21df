// What a byte-level BPE tokenizer is made of, as a model file states it: tokens, merges, pre-tokenizer.
// Data only, checked for sense by Tokenizer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gistmill/formats/gguf.hpp>

namespace gistmill::bpe {

// The values of tokenizer.ggml.token_type.
enum class TokenType : std::int64_t {
  kNormal = 1,  // text in GPT-2's byte alphabet
  kUnknown = 2,
  kControl = 3,      // special: raw text
  kUserDefined = 4,  // added: raw text
  kUnused = 5,
  kByte = 6,
};

struct Vocabulary {
  std::string source;  // for messages: the file's name
  std::string pre_tokenizer;
  std::vector<std::string> tokens;
  std::vector<TokenType> types;     // one a token
  std::vector<std::string> merges;  // "left right", best first

  // SHA-256 of all but the source.
  std::string digest() const;
};

// Reads tokenizer.ggml.{model,pre,tokens,token_type,merges}. Throws formats::FormatError, also where the
// model is another kind than "gpt2", which is GGUF's word for byte-level BPE.
Vocabulary vocabulary_from(const formats::Gguf& file);

// GPT-2's alphabet: every byte has a printable character, so that tokens are text. 0x20 is U+0120.
std::string to_byte_alphabet(std::string_view bytes);
// False where `text` holds a character outside the alphabet; `bytes` is then of no use.
bool from_byte_alphabet(std::string_view text, std::string* bytes);

}  // namespace gistmill::bpe
