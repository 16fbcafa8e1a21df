// Where the tokenizer of a MODEL lies, and what the files beside it say: names of special tokens and the chat
// template. A MODEL is a GGUF file, a Hugging Face folder, or one of a folder's tokenizer files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <gistmill/formats/gguf_parts.hpp>
#include <gistmill/formats/json.hpp>
#include <nlohmann/json.hpp>

#include "plugins/tokenizer/common/string_table.hpp"
#include "plugins/tokenizer/common/tokenizer_json.hpp"

namespace gistmill::tokenizer {

enum class TokenizerFile { kGguf, kTokenizerJson, kVocabularyAndMerges, kSentencePiece };

struct TokenizerPath {
  TokenizerFile kind = TokenizerFile::kGguf;
  std::filesystem::path path;    // of the file; of vocab.json, with merges.txt beside it
  std::filesystem::path folder;  // where tokenizer_config.json may lie
};

// A file is known by its first bytes. In a folder tokenizer.json comes first, then vocab.json with
// merges.txt, then tokenizer.model. Throws formats::FormatError where there is none of these.
TokenizerPath find_tokenizer(const std::filesystem::path& model);

// Reads the vocabulary of a model: read(Gguf) or read(TokenizerJson, folder), which both kinds of tokenizer
// know, or read(TokenizerPath) for files of one kind. Throws what find_tokenizer() and `read` throw.
template <class Read>
auto read_vocabulary(const std::filesystem::path& model, const Read& read) {
  const TokenizerPath found = find_tokenizer(model);
  if (found.kind == TokenizerFile::kGguf) return read(formats::Gguf(formats::gguf_first_part(found.path)));
  if (found.kind != TokenizerFile::kTokenizerJson) return read(found);
  const formats::MappedFile file(found.path);
  return read(parse_tokenizer_json(file.bytes(), found.path.string()), found.folder);
}

// Ids of tokens with a role; -1 where there is none.
struct NamedTokens {
  std::int32_t bos = -1, eos = -1, unk = -1, pad = -1;
};
// Whether the model expects its begin token before a text; `otherwise` where the files do not say. This
// tokenizer never adds it: who scores or continues a text does.
bool adds_bos(const formats::Gguf& file, bool otherwise);
// What tokenizer.json does to a text in the end counts (post_processor, null where there is none), then
// tokenizer_config.json.
bool adds_bos(const nlohmann::json& post_processor, const nlohmann::json& config, bool otherwise);

NamedTokens named_tokens(const formats::Gguf& file, std::size_t vocabulary);
// By their text, as tokenizer_config.json gives it. A text that is no token has no id.
NamedTokens named_tokens(const nlohmann::json& config, const StringTable& tokens);

std::optional<std::string> chat_template(const formats::Gguf& file);
// chat_template.jinja of the folder, else the (default) template in the configuration.
std::optional<std::string> chat_template(const std::filesystem::path& folder, const nlohmann::json& config);

// Of the small files beside a vocabulary: thousands of added tokens stand there with six values each.
constexpr formats::JsonLimits kTokenizerJsonLimits = {std::size_t{64} << 20, 64, std::size_t{1} << 21};

// An empty object where the folder has none.
nlohmann::json tokenizer_config(const std::filesystem::path& folder);

// A special token in a configuration: a string, or an object with its content. Empty where it is neither.
std::string token_text(const nlohmann::json& config, const char* key);

}  // namespace gistmill::tokenizer
