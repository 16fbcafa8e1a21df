// What tokenizer_config.json says beside tokens, for every kind of tokenizer: which class of transformers
// reads the folder, and switches that change ids. Keys that change no ids are left to those who read them; a
// switch that nobody here follows is refused by its name.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

namespace gistmill::tokenizer {

struct Configuration {
  // tokenizer_config.json, with special_tokens_map.json in it where that counts, and the tokens that the
  // class has by default.
  nlohmann::json values = nlohmann::json::object();
  std::filesystem::path path;   // of tokenizer_config.json, which need not exist
  std::string tokenizer_class;  // without "Fast" at its end; empty where nothing names one

  // A boolean; nothing where there is none, or null.
  std::optional<bool> flag(const char* key) const;
  // Whether the class builds its tokenizer anew, from what tokenizer.json says of tokens and merges: it then
  // adds tokens in the order of the ids that the file gives them.
  bool sorts_added_tokens() const;
};

// What the tokenizer beside it is of. LlamaTokenizer does not read byte-level BPE, and counts as no class
// there; classes that make BPE of whatever they read, or have settings of their own, count as none beside
// Unigram, whose ids are those of the file.
enum class ModelKind { kSentencePieceBpe, kByteLevelBpe, kUnigram };

// Throws formats::FormatError: a file that is none, a switch that is not followed.
Configuration read_configuration(const std::filesystem::path& folder,
                                 ModelKind kind = ModelKind::kSentencePieceBpe);

// The tokens that a class of transformers has where tokenizer_config.json does not speak of them.
void add_default_tokens(const std::string& tokenizer_class, nlohmann::json* values);

}  // namespace gistmill::tokenizer
