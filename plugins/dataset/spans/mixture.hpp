// From which of several corpora the next window comes, and which one. Knows no tokens. Of one corpus it is
// that corpus's order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/dataset/spans/windows.hpp"

namespace gistmill::dataset {

// How many windows of each corpus an epoch has: all that there are. Where one pass is asked for
// (repeat = false), as many as the weights allow: the corpus that is smallest for its weight is used whole.
// At most `limit` together where it is not 0, by weight. Throws Error(GM_ERROR_USER, "limit") where that
// leaves none for a corpus.
std::vector<std::size_t> windows_by_weight(const std::vector<std::size_t>& windows,
                                           const std::vector<double>& weights, std::size_t limit,
                                           bool repeat);

// The corpus of draw number n, by the seed and n alone: where the point seed + n * 0.618... (mod 1) falls
// among the weights, laid side by side from 0 to 1. These points are spread so evenly that each corpus has
// its share in every stretch of draws, to within a few, and not only in the long run as independent draws
// would.
class CorpusDraws {
 public:
  explicit CorpusDraws(const std::vector<double>& weights);

  void set_key(std::uint64_t key) { key_ = key; }
  std::size_t corpus(std::uint64_t number) const;

 private:
  std::vector<double> ends_;  // [corpus]: of its part of 0..1
  std::uint64_t key_ = 0;
};

// A cursor over the windows of all corpora. Each corpus has an order and epochs of its own, so all its
// windows come before one comes again. A corpus that has no window left in the only pass is passed over.
class MixedOrder {
 public:
  struct Choice {
    std::size_t corpus = 0;
    std::size_t window = 0;  // its number in the corpus
  };

  struct Settings {
    bool shuffle = true;
    bool repeat = true;
    std::size_t passes = 1;  // every window comes so often in a row
  };

  // windows: [corpus], of an epoch.
  MixedOrder(const std::vector<std::size_t>& windows, const std::vector<double>& weights,
             const Settings& settings);

  void set_seed(std::uint64_t seed);

  // False where one pass was asked for and is over.
  bool next(Choice& choice);

  // Format version, seed, and places; and what it must fit: the numbers of windows and `digest`.
  std::string save(std::string_view digest) const;
  // Throws Error(GM_ERROR_USER): not such a state, or one of other data.
  void load(std::string_view state, std::string_view digest);

 private:
  struct State;

  bool draw();

  CorpusDraws draws_;
  std::vector<WindowOrder> orders_;  // [corpus]
  Settings settings_;
  std::uint64_t seed_ = 0;
  std::uint64_t drawn_ = 0;  // draws so far
  std::size_t current_ = 0;  // the corpus of the last one
  std::size_t used_ = 0;     // how often its window was given; 0: nothing was drawn yet
};

}  // namespace gistmill::dataset
