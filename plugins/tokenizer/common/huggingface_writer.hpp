// The parts of tokenizer.json and tokenizer_config.json that all kinds of tokenizer write alike. What a kind
// adds, its model, normalizer, pre-tokenizer and decoder, is for its own writer.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "plugins/tokenizer/common/vocabulary.hpp"

namespace gistmill::tokenizer {

// The bytes of two files, as `tokenizers` and transformers 5 read them.
struct HuggingFaceFiles {
  std::string tokenizer;      // tokenizer.json
  std::string configuration;  // tokenizer_config.json
};

// A BPE model's `vocab` and `merges`, without its options; merges: left, right, left, right, ... Throws
// FormatError: a token that is no UTF-8, and so no string of JSON.
nlohmann::json bpe_model(const CommonVocabulary& vocabulary, const StringTable& merges);

// Puts the parts of `own` (model, normalizer, pre_tokenizer, decoder) with those that all have: added tokens,
// what begins a text, roles, chat templates. A role whose token is none of the added ones is left out:
// transformers would make it one, and find it in text. Throws FormatError: an added token without text.
HuggingFaceFiles huggingface_files(const CommonVocabulary& vocabulary, nlohmann::json own);

}  // namespace gistmill::tokenizer
