// The words of figures, to and from text.
#include "host/figures/figure.hpp"

#include <algorithm>

namespace gistmill {
namespace {

// In the order of the enums.
const std::vector<std::string> kAggregates = {"mean", "sum", "p95", "max", "count", "geometric-mean"};
const std::vector<std::string> kBetter = {"lower", "higher"};

template <class Enum>
std::optional<Enum> find_word(const std::vector<std::string>& words, std::string_view text) {
  const auto found = std::ranges::find(words, text);
  if (found == words.end()) return std::nullopt;
  return static_cast<Enum>(found - words.begin());
}

}  // namespace

const char* to_text(Aggregate aggregate) { return kAggregates[static_cast<std::size_t>(aggregate)].c_str(); }

const char* to_text(Better better) { return kBetter[static_cast<std::size_t>(better)].c_str(); }

std::optional<Aggregate> aggregate_of(std::string_view text) {
  return find_word<Aggregate>(kAggregates, text);
}

std::optional<Better> better_of(std::string_view text) { return find_word<Better>(kBetter, text); }

const std::vector<std::string>& aggregate_names() { return kAggregates; }

const std::vector<std::string>& better_names() { return kBetter; }

std::optional<double> FigureSpec::nothing_lost() const {
  if (ideal || better == Better::higher) return ideal;
  return 0.0;
}

bool is_better(Better better, double value, double other) {
  return better == Better::lower ? value < other : value > other;
}

}  // namespace gistmill
