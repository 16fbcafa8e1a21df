// What a Unigram tokenizer is made of, as a model's files state it. Data only, checked for sense by
// Tokenizer.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <gistmill/formats/gguf.hpp>

#include "plugins/tokenizer/sentencepiece/model_file.hpp"
#include "plugins/tokenizer/sentencepiece/space_steps.hpp"
#include "plugins/tokenizer/sentencepiece/vocabulary.hpp"

namespace gistmill::unigram {

using sentencepiece::PieceType;

// Whose arithmetic decides between segmentations of equal or nearly equal score.
enum class Library { kTokenizers, kSentencePiece };

struct Vocabulary : sentencepiece::Vocabulary {
  using sentencepiece::Vocabulary::Vocabulary;

  std::vector<double> scores;  // log-probabilities of the model's own tokens
  Library library = Library::kTokenizers;
  sentencepiece::WordSplit word_split = sentencepiece::WordSplit::kNone;

  // SHA-256 of all that encoding and decoding depend on.
  std::string digest() const;
};

// All throw formats::FormatError, also where the tokenizer is of another kind or has a part that is not
// known.

// Not read: a message that says so, or what the file is of.
Vocabulary vocabulary_from(const formats::Gguf& file);
// tokenizer.model of type unigram. `folder`: where tokenizer_config.json may lie.
Vocabulary vocabulary_from(const sentencepiece::ModelFile& file, const std::filesystem::path& folder);
// tokenizer.json with a model of type Unigram.
Vocabulary vocabulary_from(const tokenizer::TokenizerJson& file, const std::filesystem::path& folder);
// Whichever of these the MODEL has.
Vocabulary load_vocabulary(const std::filesystem::path& model);

}  // namespace gistmill::unigram
