// Tokens that the files beside a vocabulary add to it: added_tokens_decoder and additional_special_tokens of
// tokenizer_config.json, and where the former is not there, added_tokens.json and special_tokens_map.json, as
// transformers decides (4.57 and 5).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "plugins/tokenizer/common/added_tokens.hpp"

namespace gistmill::tokenizer {

struct CommonVocabulary;

// tokenizer_config.json with the special tokens of special_tokens_map.json in it, where these count. An empty
// object where the folder has neither. Throws formats::FormatError.
nlohmann::json effective_config(const std::filesystem::path& folder);

// What the folder's files add, ascending by id; a special token that no file gives an id has -1 and comes
// last. Throws formats::FormatError that names the file: an id that is none, a token that is no token.
std::vector<AddedToken> tokens_beside(const std::filesystem::path& folder, const nlohmann::json& config);

// Adds them (`config` as above): a token that the vocabulary has is found in text from now on; another one
// must have the next id, and becomes it where the files give none. Tokens that the vocabulary's own list of
// added tokens has (tokenizer.json) are left as they are. Throws formats::FormatError.
void add_tokens_beside(const std::vector<AddedToken>& tokens, const nlohmann::json& config,
                       CommonVocabulary* vocabulary);

}  // namespace gistmill::tokenizer
