#include "plugins/metric/lens/lens.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "plugins/allocator/oracle/knapsack.hpp"
#include "plugins/metric/lens/order.hpp"

namespace gistmill::metric {
namespace {

constexpr std::size_t kFigures = 8;

double utility_of(const focus::Swap& swap, const float* utilities) {
  const bool expands = swap.edit.direction == focus::Direction::expand;
  return static_cast<double>(utilities[2 * swap.first + (expands ? 0 : 1)]);
}

// |P - Q| / (P + Q): rows that positive scores would take, and negative ones free.
double balance(const focus::Entries& entries, const float* scores) {
  double up = 0, down = 0;
  for (const focus::Swap& swap : focus::legal_swaps(entries)) {
    double mean = 0;  // of siblings
    for (std::size_t i = swap.first; i < swap.first + swap.count; ++i) {
      const auto u = static_cast<double>(scores[i]);
      mean += std::max(swap.cost > 0 ? u : -u, 0.0) / static_cast<double>(swap.count);
    }
    (swap.cost > 0 ? up : down) += mean;
  }
  return up + down > 0 ? std::abs(up - down) / (up + down) : 0;
}

// Of the entries with which something may be done, those whose score asks for that, or for nothing.
double legality_rate(const focus::Entries& entries, const float* scores) {
  const std::vector<focus::Legal> legal = focus::legal_actions(entries);
  double all = 0, asked = 0;
  for (std::size_t i = 0; i < entries.count; ++i) {
    if (!legal[i].expand && !legal[i].collapse) continue;
    all += 1;
    asked += scores[i] == 0 || (scores[i] > 0 ? legal[i].expand : legal[i].collapse) ? 1 : 0;
  }
  return all > 0 ? asked / all : 1;
}

}  // namespace

Lens::Lens(const Options& options)
    : targets_{focus::target_rule_of(options.string("target")), options.number("scale")},
      margin_(static_cast<float>(options.number("margin"))),
      top_(static_cast<std::size_t>(options.integer("top"))) {
  rules_.expand_threshold = static_cast<float>(options.number("expand_threshold"));
  rules_.collapse_threshold = static_cast<float>(options.number("collapse_threshold"));
  rules_.max_actions = static_cast<std::size_t>(options.integer("max_actions"));
  rules_.hysteresis = {0, 0};
}

// Swaps that were not measured gain nothing.
double Lens::gain(const focus::Entries& entries, const float* scores, const float* utilities) const {
  double sum = 0;
  for (const focus::Edit& edit : allocator::greedy(entries, scores, rules_)) {
    const double utility = utility_of(*focus::swap_of(entries, edit), utilities);
    if (!std::isnan(utility)) sum += utility;
  }
  return sum;
}

double Lens::oracle_gain(const focus::Entries& entries, const float* utilities) const {
  std::vector<allocator::Valued> swaps;
  for (const focus::Swap& swap : focus::legal_swaps(entries)) {
    const double utility = utility_of(swap, utilities);
    if (!std::isnan(utility)) swaps.push_back({swap, utility});
  }
  double sum = 0;
  for (const focus::Swap& swap : allocator::best_swaps(swaps, entries.count, entries.block,
                                                       entries.budget - entries.cost(), rules_.max_actions))
    sum += utility_of(swap, utilities);
  return sum;
}

std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> Lens::measure(
    const Tensor& scores, const Tensor& counts, const Tensor& levels, const Tensor& starts,
    const Tensor& block, const Tensor& cursor, const Tensor& budget, const Tensor& protected_tail,
    const Tensor& utilities) const {
  if (scores.size() != levels.size() || utilities.size() != 2 * levels.size() ||
      budget.size() != counts.size())
    throw Error(GM_ERROR_USER, "scores, levels and utilities are not of the same entries", "scores");
  focus::BatchArrays arrays = focus::batch_arrays(counts, levels, starts, block, cursor, protected_tail);
  arrays.budgets = budget.data<std::int32_t>();
  const focus::ContextBatch contexts = focus::checked_batch(arrays);
  std::array<std::vector<float>, kFigures> figures;
  for (std::size_t c = 0; c < contexts.size(); ++c) {
    const focus::Entries& entries = contexts[c];
    const float* const own = scores.data<float>() + contexts.first(c);
    const float* const labels = utilities.data<float>() + 2 * contexts.first(c);
    const std::vector<float> targets = focus::targets_of(entries, labels, targets_);
    std::vector<float> u, y, masked(own, own + entries.count);
    for (std::size_t i = 0; i < entries.count; ++i) {
      if (std::isnan(targets[i])) continue;
      u.push_back(own[i]);
      y.push_back(targets[i]);
    }
    focus::mask_scores(entries, masked.data());
    const double gained = gain(entries, masked.data(), labels), best = oracle_gain(entries, labels);
    const double row[kFigures] = {ranking_accuracy(u, y, margin_),
                                  pearson(u, y),
                                  ndcg(u, y, top_),
                                  balance(entries, own),
                                  legality_rate(entries, own),
                                  gained,
                                  best,
                                  best - gained};
    for (std::size_t f = 0; f < kFigures; ++f) figures[f].push_back(static_cast<float>(row[f]));
  }
  const auto column = [&](std::size_t f) { return Tensor::of(figures[f], {counts.size()}); };
  return {column(0), column(1), column(2), column(3), column(4), column(5), column(6), column(7)};
}

}  // namespace gistmill::metric
