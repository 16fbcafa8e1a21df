// What a SentencePiece BPE tokenizer is made of, as a model's files state it. Data only, checked for sense by
// Tokenizer.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <gistmill/formats/gguf.hpp>

#include "plugins/tokenizer/common/normalizer.hpp"
#include "plugins/tokenizer/common/vocabulary.hpp"
#include "plugins/tokenizer/spm/model_file.hpp"

namespace gistmill::spm {

// Where a space is put before text. A fragment is what lies between added tokens.
enum class Prefix {
  kNone,
  kFragments,        // before every fragment
  kFragmentsUnless,  // before every fragment that does not start with a space
  kTextUnless,       // before the text, unless it starts with a space or an added token
};

// What is done to text before added tokens are looked for in it, where they are looked for in normalized
// text.
enum class Normalizer {
  kIdentity,
  kReplace,            // U+2581 for every space
  kPrependAndReplace,  // and one before the text
};

// Which spaces decoding leaves out.
enum class SpacesLeftOut {
  kPrefix,      // the one that encoding puts before text
  kFirstToken,  // all of the first token: Metaspace as a decoder
  kNone,        // Metaspace that puts none
};

struct Vocabulary : tokenizer::CommonVocabulary {
  Vocabulary() = default;
  explicit Vocabulary(tokenizer::CommonVocabulary common) : CommonVocabulary(std::move(common)) {}

  std::vector<PieceType> types;  // one a token
  // Neighbors merge into any token, the highest score first; or, where there are merges, by these only.
  std::vector<float> scores;
  tokenizer::StringTable merges;  // left, right, left, right, ...: best first
  bool by_scores = true;
  tokenizer::SameMerge same_merge = tokenizer::SameMerge::kRefused;
  Prefix prefix = Prefix::kFragments;
  tokenizer::Normalizer text_normalizer;  // of what lies between plain added tokens, before the next
  Normalizer normalizer = Normalizer::kIdentity;
  bool words_apart = false;               // text is cut before every space
  bool added_spaces = true;               // U+2581 in the text of an added token is a space, too
  bool remove_extra_whitespaces = false;  // spaces at the ends, and all but one between
  SpacesLeftOut spaces_left_out = SpacesLeftOut::kPrefix;
  bool decodes_bytes = true;  // else a byte token decodes to its name: "<0x0A>"
  // A character without a token becomes the tokens of its bytes; where there are none for all of them, or
  // this is false, the unknown token; where there is none either, nothing.
  bool byte_fallback = true;
  std::int32_t unknown = -1;
  bool fuse_unknown = false;   // unknown characters next to each other become one token
  bool ignore_merges = false;  // a word that is a token is that token, whatever merging would make of it

  // SHA-256 of all that encoding and decoding depend on.
  std::string digest() const;
};

// All throw formats::FormatError, also where the tokenizer is of another kind or has a part that is not
// known.

// GGUF: tokenizer.ggml.{model,tokens,scores,token_type,add_space_prefix,remove_extra_whitespaces}; the model
// must be "llama", GGUF's word for SentencePiece BPE.
Vocabulary vocabulary_from(const formats::Gguf& file);
// tokenizer.model. `folder`: where tokenizer_config.json may lie.
Vocabulary vocabulary_from(const ModelFile& file, const std::filesystem::path& folder);
// tokenizer.json as Llama 2 and Mistral have it: BPE on characters, with bytes for those without a token.
Vocabulary vocabulary_from(const tokenizer::TokenizerJson& file, const std::filesystem::path& folder);
// Whichever of these the MODEL has.
Vocabulary load_vocabulary(const std::filesystem::path& model);

}  // namespace gistmill::spm
