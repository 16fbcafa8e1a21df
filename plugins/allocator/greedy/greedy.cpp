#include "plugins/allocator/greedy/greedy.hpp"

#include <algorithm>
#include <cmath>

namespace gistmill::allocator {
namespace {

struct Candidate {
  focus::Swap swap;
  double score = 0;
  std::int32_t start = 0;
};

double score_of(const focus::Swap& swap, const float* scores, SiblingScore rule) {
  const float* const first = scores + swap.first;
  if (rule == SiblingScore::first) return *first;
  double sum = 0;  // NaN where one of them is
  for (std::size_t i = 0; i < swap.count; ++i) sum += static_cast<double>(first[i]);
  if (rule == SiblingScore::mean || std::isnan(sum)) return sum / static_cast<double>(swap.count);
  return *std::max_element(first, first + swap.count);
}

// One side's candidates, the next to choose first.
class Queue {
 public:
  void add(const Candidate& candidate) { candidates_.push_back(candidate); }

  template <class Before>
  void sort(Before before) {
    std::sort(candidates_.begin(), candidates_.end(), before);
  }

  // The next that takes no entry of those chosen; null where there is none.
  const focus::Swap* next(const std::vector<focus::Swap>& chosen) {
    while (at_ < candidates_.size() && overlaps_any(candidates_[at_].swap, chosen)) ++at_;
    return at_ < candidates_.size() ? &candidates_[at_].swap : nullptr;
  }

 private:
  std::vector<Candidate> candidates_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<focus::Edit> greedy(const focus::Entries& entries, const float* scores,
                                const GreedyRules& rules) {
  Queue expands, collapses;
  for (const focus::Swap& swap : free_swaps(entries, rules.hysteresis)) {
    const Candidate candidate{swap, score_of(swap, scores, rules.siblings), entries.starts[swap.first]};
    if (swap.edit.direction == focus::Direction::expand) {
      if (candidate.score > rules.expand_threshold) expands.add(candidate);
    } else if (candidate.score < -rules.collapse_threshold) {
      collapses.add(candidate);
    }
  }
  // Equal scores: the newest is expanded first, the oldest collapsed first.
  expands.sort([](const Candidate& a, const Candidate& b) {
    return a.score != b.score ? a.score > b.score : a.start > b.start;
  });
  collapses.sort([](const Candidate& a, const Candidate& b) {
    return a.score != b.score ? a.score < b.score : a.start < b.start;
  });

  std::vector<focus::Swap> chosen;
  std::int64_t room = entries.budget - entries.cost();
  bool expansion_is_next = true;
  while (chosen.size() < rules.max_actions) {
    const focus::Swap* expand = expands.next(chosen);
    if (expand != nullptr && expand->cost > room) expand = nullptr;  // waits until a collapse makes room
    const focus::Swap* const collapse = collapses.next(chosen);
    if (expand == nullptr && collapse == nullptr) break;
    const bool expands_now = collapse == nullptr || (expansion_is_next && expand != nullptr);
    const focus::Swap swap = expands_now ? *expand : *collapse;
    room -= swap.cost;
    chosen.push_back(swap);
    expansion_is_next = !expands_now;
  }
  return edits_of(chosen);
}

}  // namespace gistmill::allocator
