// Tokens that the files beside a vocabulary add to it: added_tokens_decoder and the special tokens of
// tokenizer_config.json, and where the former is not there, added_tokens.json and special_tokens_map.json, as
// transformers 5.24 decides.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "plugins/tokenizer/common/added_tokens.hpp"

namespace gistmill::tokenizer {

struct CommonVocabulary;

// tokenizer_config.json with the special tokens of special_tokens_map.json in it, where these count. An empty
// object where the folder has neither. Throws formats::FormatError.
nlohmann::json effective_config(const std::filesystem::path& folder);

// Whether this lists the added tokens, so that a class that builds its tokenizer anew takes none from
// tokenizer.json.
bool says_all_added_tokens(const nlohmann::json& config);

// What the files beside a vocabulary add to it.
struct TokensBeside {
  // Ascending by id; a special token that no file gives an id has -1 and comes last.
  std::vector<AddedToken> tokens;
  std::set<std::string> special;  // the tokens that have a role, or are special without one
  // Tokens with an id are as they stand here, also where the vocabulary's own list has them: with
  // added_tokens_decoder.
  bool overrule = false;
};

// Throws formats::FormatError that names the file: an id that is none, a token that is no token.
TokensBeside tokens_beside(const std::filesystem::path& folder, const nlohmann::json& config);

// Adds them: a token that the vocabulary has is found in text from now on; another one gets the next id,
// whichever the files give it, as in transformers.
void add_tokens_beside(const TokensBeside& beside, CommonVocabulary* vocabulary);

}  // namespace gistmill::tokenizer
