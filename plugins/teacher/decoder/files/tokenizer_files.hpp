// Adds special tokens to the tokenizer's files of a Hugging Face folder. Knows no weights.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace gistmill::decoder {

struct SpecialToken {
  std::string text;
  std::int64_t id = 0;
};

// The ids that a tokenizer gives new tokens: those behind its last, or the id that the text has already.
// Without files of a tokenizer in `folder` they follow the table's `vocabulary` rows. Throws FormatError: a
// file that cannot be read.
std::vector<SpecialToken> number_tokens(const std::vector<std::string>& texts,
                                        const std::filesystem::path& folder, std::int64_t vocabulary);

// Puts them into tokenizer.json, tokenizer_config.json, special_tokens_map.json and added_tokens.json where
// these are there, and always into trained_tokens.json, {"tokens": [{"text", "id"}]}. Throws FormatError and
// files::FileError.
void write_special_tokens(const std::vector<SpecialToken>& tokens, const std::filesystem::path& folder);

}  // namespace gistmill::decoder
