// Reads tokenizer.json of Hugging Face's `tokenizers`, vocab.json and merges.txt: what is written, not what
// it means. Which normalizers, pre-tokenizers and models are taken is for the tokenizers to say.
//
// A file is data from strangers: read value by value into flat memory, so that none costs more than about
// twice its size beside the file itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gistmill/formats/json.hpp>

#include "plugins/tokenizer/common/string_table.hpp"

namespace gistmill::tokenizer {

// Tokens and their ids, in file order.
struct TokenIds {
  StringTable tokens;
  std::vector<std::int32_t> ids;  // one a token, not negative
};

struct JsonAddedToken {
  std::int32_t id = -1;
  bool special = false, lstrip = false, rstrip = false, single_word = false, normalized = true;
};

struct TokenizerJson {
  std::string source;  // for messages: the file's name
  TokenIds vocabulary;
  std::vector<double> scores;         // of a Unigram model's tokens, whose ids are their places
  StringTable merges;                 // left, right, left, right, ...: best first
  StringTable added_contents;         // one for each of
  std::vector<JsonAddedToken> added;  // in file order
  // The parts that are small; null where the file has none.
  nlohmann::json normalizer, pre_tokenizer, decoder, post_processor, padding;
  nlohmann::json model;  // without vocab and merges
};

// All throw formats::FormatError, which names the file and the place in it. `name` stands for the file.
TokenizerJson parse_tokenizer_json(std::string_view bytes, const std::string& name);
// How many tokens the file has, the added ones among them.
std::size_t token_count(const TokenizerJson& file);
// An object of tokens and their ids.
TokenIds parse_vocab_json(std::string_view bytes, const std::string& name);
// Lines "left right", best first; lines that start with "#version" are skipped.
StringTable parse_merges_txt(std::string_view bytes, const std::string& name);

}  // namespace gistmill::tokenizer
