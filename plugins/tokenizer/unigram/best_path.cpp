// References: tokenizers 0.23, models/unigram/model.rs, encode_optimized; sentencepiece 0.2.3,
// unigram_model.cc, EncodeOptimized.
#include "plugins/tokenizer/unigram/best_path.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "plugins/tokenizer/common/unicode.hpp"

namespace gistmill::unigram {
namespace {

constexpr double kUnknownPenalty = 10;
constexpr std::size_t kPlaces = 256;  // room to begin with

double in_single_precision(double value) { return static_cast<double>(static_cast<float>(value)); }

// Better than any normal piece, and the better the longer.
double score_of_user_defined(std::size_t bytes) {
  return in_single_precision(0.1 * (static_cast<double>(bytes) - 1));
}

}  // namespace

ScoredPieces::ScoredPieces(const Vocabulary& vocabulary)
    : scores(vocabulary.scores), single_precision(vocabulary.library == Library::kSentencePiece) {
  const bool all = vocabulary.library == Library::kTokenizers;
  double least =
      single_precision ? std::numeric_limits<float>::max() : std::numeric_limits<double>::infinity();
  for (std::size_t id = 0; id < scores.size(); ++id) {
    if (!std::isfinite(scores[id]))
      vocabulary.fail("the score of piece " + std::to_string(id) + " is no finite number");
    if (!all && vocabulary.types[id] != PieceType::kNormal) continue;
    least = std::min(least, scores[id]);
  }
  unknown_score = least - kUnknownPenalty;
  if (single_precision) unknown_score = in_single_precision(unknown_score);
  std::vector<std::string> texts;
  std::vector<tokenizer::NumberedString> strings;
  texts.reserve(scores.size());
  strings.reserve(scores.size());
  for (std::size_t id = 0; id < scores.size(); ++id) {
    const std::string_view piece = vocabulary.tokens[id];
    const PieceType type = vocabulary.types[id];
    const bool user_defined = !all && type == PieceType::kUserDefined;
    if (!all && type != PieceType::kNormal && !user_defined) continue;
    if (user_defined) scores[id] = score_of_user_defined(piece.size());
    // No text has a space where spaces are U+2581.
    if (piece.find(' ') != std::string_view::npos) continue;
    texts.push_back(sentencepiece::with_spaces(piece));
    strings.push_back({texts.back(), static_cast<std::int32_t>(id)});
  }
  trie = tokenizer::Trie(std::move(strings));
}

// All ways lead through the last place: the best one there is that of every text that goes on.
void BestPath::settle() {
  const std::size_t known = segments_.size(), last = count_ - 1;
  for (std::size_t at = last; at > 0; at -= places_[at].bytes)
    segments_.push_back({base_ + at - places_[at].bytes, base_ + at, places_[at].id});
  std::reverse(segments_.begin() + static_cast<std::ptrdiff_t>(known), segments_.end());
  base_ += last;
  places_[0] = places_[last];
  count_ = 1;
}

// Sums of single precision begin anew where they are so large that scores would be lost in them.
void BestPath::keep_small(std::size_t at) {
  constexpr double kLarge = 100000;
  const double offset = places_[at].score;
  if (std::abs(offset) <= kLarge) return;
  for (; at < count_; ++at) places_[at].score = in_single_precision(places_[at].score - offset);
}

const std::vector<Segment>& BestPath::find(const ScoredPieces& pieces, std::string_view text) {
  segments_.clear();
  base_ = 0;
  places_.resize(std::max(places_.size(), kPlaces));
  places_[0] = {0, -1, 0};
  count_ = 1;
  const bool single = pieces.single_precision;
  const auto reach = [&](std::size_t end, std::size_t bytes, std::int32_t id, double score) {
    if (end - base_ >= places_.size()) places_.resize(2 * (end - base_));
    while (count_ <= end - base_) places_[count_++] = {0, -1, 0};
    Place& place = places_[end - base_];
    if (single) score = in_single_precision(score);
    if (place.bytes == 0 || score > place.score) place = {score, id, static_cast<std::uint32_t>(bytes)};
  };
  std::size_t length = 0;
  for (std::size_t start = 0; start < text.size(); start += length) {
    if (start - base_ + 1 == count_) settle();
    tokenizer::decode_utf8(text, start, &length);
    if (single) keep_small(start - base_);
    const double so_far = places_[start - base_].score;
    bool has_character = false;
    pieces.trie.each_prefix(text.substr(start), [&](std::size_t bytes, std::int32_t id) {
      reach(start + bytes, bytes, id, pieces.scores[static_cast<std::size_t>(id)] + so_far);
      has_character = has_character || bytes == length;
    });
    if (has_character) continue;
    reach(start + length, length, -1, pieces.unknown_score + so_far);
  }
  settle();
  return segments_;
}

}  // namespace gistmill::unigram
