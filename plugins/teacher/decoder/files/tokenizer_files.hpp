// The tokenizer's files of a Hugging Face folder: special tokens that are added to them, and files that come
// from elsewhere where the folder has none. Knows no weights.
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

// A tokenizer as two files' bytes; both are empty where none is given.
struct TokenizerFiles {
  std::string tokenizer;      // tokenizer.json
  std::string configuration;  // tokenizer_config.json
};

// The ids that `tokenizers` and transformers give new tokens where they read the files: the number of tokens
// before each, which lies below other ids where these have holes; or the id that the text has already. The
// tokenizer is that of `folder`, or `given` where there is none; without any the ids follow the table's
// `vocabulary` rows. Throws FormatError: a file that cannot be read; a number that a token has as its id.
std::vector<SpecialToken> number_tokens(const std::vector<std::string>& texts,
                                        const std::filesystem::path& folder, const TokenizerFiles& given,
                                        std::int64_t vocabulary);

// Puts what is given into a folder that has no tokenizer of its own. False where it then still has none.
// Throws files::FileError.
bool write_tokenizer(const TokenizerFiles& given, const std::filesystem::path& folder);

// Puts them into tokenizer.json, tokenizer_config.json, special_tokens_map.json and added_tokens.json where
// these are there, and always into trained_tokens.json, {"tokens": [{"text", "id"}]}. Throws FormatError and
// files::FileError.
void write_special_tokens(const std::vector<SpecialToken>& tokens, const std::filesystem::path& folder);

}  // namespace gistmill::decoder
