// Byte-pair encoding as its paper states it, on symbols that are texts: slow, and with nothing of the
// tokenizers in it. Reference: Sennrich, Haddow and Birch 2016, "Neural Machine Translation of Rare Words
// with Subword Units".
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace gistmill::tokenizer {

// How early two neighbors merge, lower first; nothing where they do not.
using RankOf = std::function<std::optional<double>(const std::string& left, const std::string& right)>;

// Merges the neighbors of the lowest rank, the leftmost of equals, until none merge.
inline std::vector<std::string> merged_plainly(std::vector<std::string> symbols, const RankOf& rank_of) {
  for (;;) {
    std::optional<double> lowest;
    std::size_t at = 0;
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
      const std::optional<double> rank = rank_of(symbols[i], symbols[i + 1]);
      if (!rank || (lowest && *lowest <= *rank)) continue;
      lowest = rank;
      at = i;
    }
    if (!lowest) return symbols;
    symbols[at] += symbols[at + 1];
    symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  }
}

// Merges by their place in a list, as texts.
struct RandomMerges {
  std::vector<std::string> pieces;  // what merges make, each once
  std::vector<std::pair<std::string, std::string>> pairs;

  RankOf rank_of() const {
    std::map<std::pair<std::string, std::string>, double> ranks;
    for (std::size_t i = 0; i < pairs.size(); ++i) ranks.emplace(pairs[i], static_cast<double>(i));
    return [ranks = std::move(ranks)](const std::string& left, const std::string& right) {
      const auto found = ranks.find({left, right});
      return found == ranks.end() ? std::nullopt : std::optional(found->second);
    };
  }
};

enum class Order { kTrained, kShuffled };

// Of texts that `symbols` are made of: pairs of symbols or of pieces that are there already, so that some
// pieces come about in several ways. Trained: in that order, as training finds them; else in any, so that a
// part may merge later than the whole.
inline RandomMerges random_merges(const std::vector<std::string>& symbols, std::size_t count, Order order,
                                  std::mt19937& random) {
  RandomMerges made;
  std::vector<std::string> known = symbols;
  while (made.pairs.size() < count) {
    const std::string left = known[random() % known.size()], right = known[random() % known.size()];
    const std::pair<std::string, std::string> pair(left, right);
    if (left.size() + right.size() > 24 || std::ranges::count(made.pairs, pair) > 0) continue;
    made.pairs.push_back(pair);
    if (std::ranges::count(known, left + right) > 0) continue;
    known.push_back(left + right);
    made.pieces.push_back(left + right);
  }
  if (order == Order::kShuffled) std::shuffle(made.pairs.begin(), made.pairs.end(), random);
  return made;
}

// A text of some of `parts`, and at times of the same ones again and again.
inline std::string random_text(const std::vector<std::string>& parts, std::size_t most,
                               std::mt19937& random) {
  std::string text;
  const std::size_t different = 1 + random() % parts.size(), from = random() % parts.size();
  for (std::size_t count = random() % most; count > 0; --count)
    text += parts[(from + random() % different) % parts.size()];
  return text;
}

}  // namespace gistmill::tokenizer
