// Every way to cut a piece in two pieces or characters is a pair that merges into it.
#include "plugins/tokenizer/spm/merge_pairs.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "plugins/tokenizer/common/unicode.hpp"

namespace gistmill::spm {
namespace {

using tokenizer::MergeTable;

// A cut costs a look-up of two strings: this bounds what a long piece costs. SentencePiece's own limit when
// it trains is 16 characters.
constexpr std::size_t kLongestPiece = 1024;

// The rank of each piece: 0 for the highest score. Equal scores, equal ranks.
std::vector<std::uint32_t> ranks_of(const Vocabulary& vocabulary) {
  const std::size_t size = vocabulary.tokens.size();
  if (vocabulary.scores.size() != size) {
    vocabulary.fail("has " + std::to_string(vocabulary.scores.size()) + " scores for " +
                    std::to_string(size) + " tokens");
  }
  for (std::size_t i = 0; i < size; ++i) {
    if (std::isnan(vocabulary.scores[i]))
      vocabulary.fail("token " + std::to_string(i) + " has a score that is not a number");
  }
  std::vector<float> sorted = vocabulary.scores;
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  std::vector<std::uint32_t> ranks(size);
  for (std::size_t i = 0; i < size; ++i) {
    const auto at = std::lower_bound(sorted.begin(), sorted.end(), vocabulary.scores[i], std::greater<>());
    ranks[i] = static_cast<std::uint32_t>(at - sorted.begin());
  }
  return ranks;
}

// Where the characters of a piece start, and its end.
std::vector<std::size_t> character_starts(const Vocabulary& vocabulary, std::size_t id) {
  const std::string_view piece = vocabulary.tokens[id];
  const std::string name = "token " + std::to_string(id) + ", " + formats::printable(piece) + ", ";
  if (piece.size() > kLongestPiece) {
    vocabulary.fail(name + "has " + std::to_string(piece.size()) + " bytes, expected at most " +
                    std::to_string(kLongestPiece));
  }
  std::vector<std::size_t> starts;
  std::size_t length = 0;
  for (std::size_t at = 0; at < piece.size(); at += length) {
    if (tokenizer::decode_utf8(piece, at, &length) == tokenizer::kNoCharacter)
      vocabulary.fail(name + "is not UTF-8");
    starts.push_back(at);
  }
  starts.push_back(piece.size());
  return starts;
}

}  // namespace

std::vector<ScoredPair> pairs_by_scores(const Vocabulary& vocabulary, const SymbolOf& symbol_of) {
  const tokenizer::StringIndex ids = index_of(vocabulary);
  const std::vector<std::uint32_t> ranks = ranks_of(vocabulary);
  // The symbol of a part of a piece; -1 where no merging makes it one.
  const auto symbol_of_part = [&](std::string_view part) -> std::int32_t {
    std::size_t length = 0;
    const std::int32_t code = tokenizer::decode_utf8(part, 0, &length);
    if (length == part.size()) return symbol_of(code);
    const std::int32_t id = ids.find(part);
    return id >= 0 && vocabulary.types[static_cast<std::size_t>(id)] == PieceType::kNormal ? id : -1;
  };
  std::vector<ScoredPair> pairs;
  for (std::size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    if (vocabulary.types[id] != PieceType::kNormal) continue;
    const std::string_view piece = vocabulary.tokens[id];
    const std::vector<std::size_t> starts = character_starts(vocabulary, id);
    for (std::size_t cut = 1; cut + 1 < starts.size(); ++cut) {
      const std::int32_t left = symbol_of_part(piece.substr(0, starts[cut]));
      const std::int32_t right = left < 0 ? -1 : symbol_of_part(piece.substr(starts[cut]));
      if (right >= 0) pairs.push_back({left, right, {ranks[id], static_cast<std::int32_t>(id)}});
    }
  }
  return pairs;
}

MergeTable merges_by_scores(const Vocabulary& vocabulary, const SymbolOf& symbol_of) {
  const std::vector<ScoredPair> pairs = pairs_by_scores(vocabulary, symbol_of);
  MergeTable table(pairs.size());
  for (const ScoredPair& pair : pairs) table.insert(pair.left, pair.right, pair.merge);
  return table;
}

}  // namespace gistmill::spm
