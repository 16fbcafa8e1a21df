// What every tokenizer file states, whatever its kind: tokens by id, tokens that are found in text as they
// are, roles, chat templates. Data only.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gistmill/formats/digest.hpp>

#include "plugins/tokenizer/common/added_tokens.hpp"
#include "plugins/tokenizer/common/chat_files.hpp"
#include "plugins/tokenizer/common/configuration.hpp"
#include "plugins/tokenizer/common/encoder.hpp"
#include "plugins/tokenizer/common/merges.hpp"
#include "plugins/tokenizer/common/model_files.hpp"
#include "plugins/tokenizer/common/string_table.hpp"
#include "plugins/tokenizer/common/tokenizer_json.hpp"

namespace gistmill::tokenizer {

// Tokens that have another id than their file says. `tokenizers` numbers them itself, whatever the file says,
// and so does what is here.
struct Renumbered {
  std::size_t count = 0;
  std::string first;  // of them, with both ids

  void see(std::string_view content, std::int32_t stated, std::int32_t given);
  // A sentence; empty where there are none.
  std::string note() const;
};

struct CommonVocabulary {
  std::string source;            // for messages: the file's name
  StringTable tokens;            // by id, the added ones among them; of an id that no token has, empty
  std::size_t model_tokens = 0;  // the model's own have ids below
  std::set<std::int32_t> holes;  // of these ids, those that none of the model's own tokens has
  std::vector<AddedToken> added;
  Renumbered renumbered;
  NamedTokens named;
  // Tokens that the model expects before a text; who scores or continues one puts them there.
  std::vector<std::int32_t> begin;
  bool split_special_tokens = false;  // special tokens in text are text, as tokenizer_config.json wants
  std::vector<ChatSource> chat_templates;
  nlohmann::ordered_json special_texts = nlohmann::ordered_json::object();  // for these
  std::string taken;                                                        // the file that was read
  std::string left;  // why files before it were not; empty where it is the first

  // Whether this is the id of one of the model's own tokens.
  bool is_own(std::size_t id) const {
    return id < model_tokens && (holes.empty() || !holes.contains(static_cast<std::int32_t>(id)));
  }
  // Adds a token that is not there, and returns its id: as `tokenizers` counts, the number of tokens, which
  // lies below others where there are holes. Throws formats::FormatError where one has it.
  std::int32_t append(std::string_view content);

  [[noreturn]] void fail(const std::string& message) const;
  // Everything here but the source.
  void add_to(formats::Sha256* sha) const;

 private:
  std::size_t appended_ = 0;
};

// The values of tokenizer.ggml.token_type.
enum class TokenType : std::int64_t {
  kNormal = 1,
  kUnknown = 2,
  kControl = 3,      // special: raw text
  kUserDefined = 4,  // added: raw text
  kUnused = 5,
  kByte = 6,
};

// Tokens, added tokens, roles and template of a GGUF file; `types` gets a type for each token, normal where
// the file has none. All of these throw formats::FormatError.
CommonVocabulary common_vocabulary(const formats::Gguf& file, std::vector<TokenType>* types);

// The same of tokenizer.json and its neighbors in `folder`, of which `configuration` is one. Ids are those
// that `tokenizers` gives: those of the file for the model's tokens, the next ones for added tokens that the
// model lacks, in the order of the file, or for some classes of transformers in that of the ids there.
CommonVocabulary common_vocabulary(const TokenizerJson& file, const std::filesystem::path& folder,
                                   const Configuration& configuration);

// The token that a BPE model's unk_token names; -1 where it names none. Throws where it is none of the
// model's.
std::int32_t unknown_token(const TokenizerJson& file, const CommonVocabulary& vocabulary);

// All tokens with a text, by it. Throws where one is there twice.
StringIndex index_of(const CommonVocabulary& vocabulary);

// Where a merge occurs twice.
enum class SameMerge { kRefused, kLaterCounts };

// left, right, left, right, ...: what each pair becomes, the first pairs first. Throws where a merge is of or
// into something that is no token of the model.
MergeTable merge_table(const CommonVocabulary& vocabulary, const StringTable& merges, SameMerge same);

// The tokens that an Encoder looks for before and after normalizing.
AddedTokenSets added_sets(const CommonVocabulary& vocabulary);

}  // namespace gistmill::tokenizer
