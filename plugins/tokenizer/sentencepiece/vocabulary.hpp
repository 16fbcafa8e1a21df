// What every vocabulary of SentencePiece states, whatever finds its pieces: their types, spaces, bytes and
// unknown characters. Data only.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "plugins/tokenizer/common/normalizer.hpp"
#include "plugins/tokenizer/common/vocabulary.hpp"
#include "plugins/tokenizer/sentencepiece/model_file.hpp"
#include "plugins/tokenizer/sentencepiece/space_steps.hpp"
#include "plugins/tokenizer/sentencepiece/spaces.hpp"

namespace gistmill::sentencepiece {

struct Vocabulary : tokenizer::CommonVocabulary {
  Vocabulary() = default;
  explicit Vocabulary(tokenizer::CommonVocabulary common) : CommonVocabulary(std::move(common)) {}

  std::vector<PieceType> types;  // one a token
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

  // Of spaces and normalizers, all that encoding and decoding depend on.
  void add_spaces_to(formats::Sha256* sha) const;
  // For `inspect`: what is done to text, and where a space is put.
  std::string normalizer_name() const;
  const char* prefix_name() const;
};

// What user-defined pieces of tokenizer.model are: tokens that are found in text before anything else, or
// pieces like others.
enum class UserDefined { kAdded, kPieces };

// What tokenizer.model, its neighbors in `folder` and among these `configuration` say, but for scores, into a
// new vocabulary. Throws formats::FormatError.
void read_model_file(const ModelFile& file, const std::filesystem::path& folder,
                     const tokenizer::Configuration& configuration, UserDefined user_defined_are,
                     Vocabulary* vocabulary);

// Spaces, types and bytes of tokenizer.json, into a vocabulary that has its tokens. Throws
// formats::FormatError.
void read_spaces(const tokenizer::TokenizerJson& file, SpaceSteps spaces,
                 const tokenizer::Configuration& configuration, Vocabulary* vocabulary);

}  // namespace gistmill::sentencepiece
