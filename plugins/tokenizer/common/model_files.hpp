// Where the tokenizer of a MODEL lies, and what the files beside it say: names of special tokens. A MODEL is
// a GGUF file, a Hugging Face folder, or one of a folder's tokenizer files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gistmill/formats/gguf_parts.hpp>
#include <gistmill/formats/json.hpp>
#include <nlohmann/json.hpp>

#include "plugins/tokenizer/common/foreign_files.hpp"
#include "plugins/tokenizer/common/string_table.hpp"
#include "plugins/tokenizer/common/tokenizer_json.hpp"

namespace gistmill::tokenizer {

enum class TokenizerFile { kGguf, kTokenizerJson, kVocabularyAndMerges, kSentencePiece };

struct TokenizerPath {
  TokenizerFile kind = TokenizerFile::kGguf;
  std::filesystem::path path;    // of the file; of vocab.json, with merges.txt beside it
  std::filesystem::path folder;  // where tokenizer_config.json may lie
};

// The tokenizer files of a MODEL, the first to be tried first: in a folder tokenizer.json, then vocab.json
// with merges.txt, then tokenizer.model. A single file is known by its first bytes. Throws
// formats::FormatError where there is none, or where all that is there is of a form that nobody here reads.
std::vector<TokenizerPath> find_tokenizers(const std::filesystem::path& model);

// No tokenizer at all, or whole, but for the other kind of tokenizer: nothing beside it is tried, and another
// component may read it.
struct OtherKind : formats::FormatError {
  using formats::FormatError::FormatError;
};

// Why files that come first were left, and which one was read instead.
class FileChoice {
 public:
  // `candidate` was refused. False where nothing else is to be tried.
  bool refused(const TokenizerPath& candidate, const std::string& reason);
  // The tokens that a whole tokenizer.json has; another file would do only if it has them.
  void expect_tokens(std::size_t count) { expected_ = count; }
  void check(const TokenizerPath& candidate, std::size_t tokens) const;

  const std::string& reason() const { return reason_; }

 private:
  std::string reason_;
  std::optional<std::size_t> expected_;
};

// Reads the vocabulary of a model: read(Gguf) or read(TokenizerJson, folder), which both kinds of tokenizer
// know, or read(TokenizerPath) for files of one kind. Where one file is refused, those beside it are tried,
// and the vocabulary says so. Throws what find_tokenizers() and `read` throw.
template <class Read>
auto read_vocabulary(const std::filesystem::path& model, const Read& read) {
  FileChoice choice;
  const auto read_one = [&](const TokenizerPath& found) {
    if (found.kind == TokenizerFile::kGguf) return read(formats::Gguf(formats::gguf_first_part(found.path)));
    if (found.kind != TokenizerFile::kTokenizerJson) return read(found);
    const formats::MappedFile file(found.path);
    refuse_foreign(file.bytes(), found.path);
    const TokenizerJson parsed = parse_tokenizer_json(file.bytes(), found.path.string());
    choice.expect_tokens(token_count(parsed));
    return read(parsed, found.folder);
  };
  for (const TokenizerPath& candidate : find_tokenizers(model)) {
    try {
      auto vocabulary = read_one(candidate);
      choice.check(candidate, vocabulary.tokens.size());
      vocabulary.taken = candidate.path.string();
      vocabulary.left = choice.reason();
      return vocabulary;
    } catch (const OtherKind&) {
      if (choice.reason().empty()) throw;
      break;
    } catch (const formats::FormatError& error) {
      if (!choice.refused(candidate, error.what())) break;
    }
  }
  throw formats::FormatError(choice.reason());
}

// Ids of tokens with a role; -1 where there is none.
struct NamedTokens {
  std::int32_t bos = -1, eos = -1, unk = -1, pad = -1;
};
// Whether the model expects its begin token before a text; `otherwise` where the file does not say. This
// tokenizer never adds it: who scores or continues a text does.
bool adds_bos(const formats::Gguf& file, bool otherwise);

NamedTokens named_tokens(const formats::Gguf& file, std::size_t vocabulary);
// By their text, as tokenizer_config.json gives it. A text that is no token has no id.
NamedTokens named_tokens(const nlohmann::json& config, const StringTable& tokens);

// Of the small files beside a vocabulary: thousands of added tokens stand there with six values each.
constexpr formats::JsonLimits kTokenizerJsonLimits = {std::size_t{64} << 20, 64, std::size_t{1} << 21};

// An empty object where the folder has none.
nlohmann::json tokenizer_config(const std::filesystem::path& folder);

// A special token in a configuration: a string, or an object with its content. Empty where it is neither.
std::string token_text(const nlohmann::json& config, const char* key);

}  // namespace gistmill::tokenizer
