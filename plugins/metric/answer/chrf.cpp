#include "plugins/metric/answer/chrf.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <gistmill/text/utf8.hpp>
#include <gistmill/text/white_space.hpp>

namespace gistmill::metric {
namespace {

constexpr std::size_t kOrders = 6;
constexpr double kFactor = 4;  // beta squared
constexpr std::int32_t kReplacementCode = 0xFFFD;

std::u32string characters_without_space(std::string_view text) {
  std::u32string characters;
  while (!text.empty()) {
    const text::Character first = text::first_character(text);
    if (!text::is_white_space(first.code))
      characters += static_cast<char32_t>(first.valid() ? first.code : kReplacementCode);
    text.remove_prefix(first.valid() ? first.size : text::broken_size(text));
  }
  return characters;
}

// Up to six characters, 21 bits each: equal where the n-grams are.
using Gram = std::pair<std::uint64_t, std::uint64_t>;

// Ascending.
std::vector<Gram> grams(const std::u32string& text, std::size_t order) {
  std::vector<Gram> all;
  for (std::size_t i = 0; i + order <= text.size(); ++i) {
    Gram gram;
    for (std::size_t n = 0; n < order; ++n) {
      std::uint64_t& half = n < 3 ? gram.first : gram.second;
      half = half << 21 | text[i + n];
    }
    all.push_back(gram);
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::size_t shared(const std::vector<Gram>& first, const std::vector<Gram>& second) {
  std::size_t count = 0;
  for (auto a = first.begin(), b = second.begin(); a != first.end() && b != second.end();) {
    if (*a == *b) {
      ++count, ++a, ++b;
    } else if (*a < *b) {
      ++a;
    } else {
      ++b;
    }
  }
  return count;
}

}  // namespace

double sentence_chrf(std::string_view prediction, std::string_view reference) {
  const std::u32string predicted = characters_without_space(prediction);
  const std::u32string expected = characters_without_space(reference);
  double precision = 0;
  double recall = 0;
  int orders = 0;
  for (std::size_t order = 1; order <= kOrders; ++order) {
    const std::vector<Gram> ours = grams(predicted, order);
    const std::vector<Gram> theirs = grams(expected, order);
    if (ours.empty() || theirs.empty()) continue;
    const auto hits = static_cast<double>(shared(ours, theirs));
    precision += hits / static_cast<double>(ours.size());
    recall += hits / static_cast<double>(theirs.size());
    ++orders;
  }
  if (orders > 0) {
    precision /= orders;
    recall /= orders;
  }
  if (precision + recall == 0) return 0;
  double score = (1 + kFactor) * precision * recall;
  score /= kFactor * precision + recall;
  return 100 * score;
}

}  // namespace gistmill::metric
