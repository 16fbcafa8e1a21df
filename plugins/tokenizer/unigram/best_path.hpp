// The segmentation of a text into pieces whose log-probabilities have the largest sum (Kudo 2018, Subword
// Regularization: Improving Neural Network Translation Models with Multiple Subword Candidates), by Viterbi's
// algorithm: for each place in the text the best way to it. A character without a piece is unknown, and costs
// more than any piece.
//
// Sums are rounded, and the first of equal ways counts, as in the library whose file it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "plugins/tokenizer/common/trie.hpp"
#include "plugins/tokenizer/unigram/vocabulary.hpp"

namespace gistmill::unigram {

// Pieces and their scores. Immutable.
struct ScoredPieces {
  // The pieces that text may become, spaces as spaces. Throws formats::FormatError: a score that is no
  // number.
  explicit ScoredPieces(const Vocabulary& vocabulary);

  tokenizer::Trie trie;
  std::vector<double> scores;  // by id
  double unknown_score = 0;
  bool single_precision = false;  // as SentencePiece adds
};

struct Segment {
  std::size_t begin, end;  // bytes of the text
  std::int32_t id;         // -1: an unknown character
};

// For one thread; keeps its memory between texts.
class BestPath {
 public:
  // In the order of the text. Valid until the next call. Where no piece reaches over a place, the way there
  // is settled, and only its sum is kept: memory is that of the longest run of pieces that overlap.
  const std::vector<Segment>& find(const ScoredPieces& pieces, std::string_view text);

 private:
  struct Place {
    double score;         // of the best way to here
    std::int32_t id;      // of its last piece
    std::uint32_t bytes;  // of that; 0: no way leads here
  };

  void settle();
  void keep_small(std::size_t at);

  std::size_t base_ = 0;       // where the text is settled to
  std::vector<Place> places_;  // from there to the farthest that was reached: the first count_
  std::size_t count_ = 1;
  std::vector<Segment> segments_;
};

}  // namespace gistmill::unigram
