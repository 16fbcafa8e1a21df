// SentencePiece Unigram: text to token ids and back, as Sarashina, LLM-jp and T5 do it. Of all segmentations
// into pieces the most probable one counts.
// No ABI and no files: the plugin around it is plugin.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "plugins/tokenizer/common/merges.hpp"
#include "plugins/tokenizer/sentencepiece/encoder.hpp"
#include "plugins/tokenizer/sentencepiece/pieces.hpp"
#include "plugins/tokenizer/unigram/best_path.hpp"
#include "plugins/tokenizer/unigram/vocabulary.hpp"

namespace gistmill::unigram {

using tokenizer::SpecialTokens;

// Immutable after construction: any number of threads may read.
class Tokenizer : public sentencepiece::Pieces {
 public:
  // Throws formats::FormatError where the vocabulary makes no sense: a token twice, a score that is no
  // number.
  explicit Tokenizer(const Vocabulary& vocabulary);

  const ScoredPieces& pieces() const { return pieces_; }
  Library library() const { return library_; }
  bool words_apart() const { return words_apart_; }
  sentencepiece::WordSplit word_split() const { return word_split_; }
  const tokenizer::MergeTable& no_merges() const { return no_merges_; }

 private:
  Library library_;
  bool words_apart_;
  sentencepiece::WordSplit word_split_;
  ScoredPieces pieces_;
  tokenizer::MergeTable no_merges_;
};

// Encodes for one thread. Pieces of text that the pre-tokenizer cuts out are looked up in a cache; a text
// that is not cut is one piece, for a score anywhere in it may decide what the rest becomes.
class Encoder : public sentencepiece::Encoder {
 public:
  explicit Encoder(const Tokenizer& tokenizer);  // which must outlive it

 private:
  void encode_fragment(std::string_view fragment, bool first, tokenizer::IdBuffer& out) override;
  bool start_piece(std::string_view piece) override;
  void encode_words(std::string_view text, bool first, tokenizer::IdBuffer& out);
  void encode_split(std::string_view text, const char* readable_end, tokenizer::IdBuffer& out);
  std::size_t space_end(std::string_view text, std::size_t at) const;
  void push_unknown(std::string_view text);

  const Tokenizer& tokenizer_;
  BestPath path_;
  bool spaces_are_white_;  // to WhitespaceSplit: they are U+2581 else
  std::string prefixed_;   // a fragment, or its words, spaces before them
  std::string spaced_;     // a piece with spaces for U+2581
};

}  // namespace gistmill::unigram
