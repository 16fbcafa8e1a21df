// Weighted interval scheduling with a knapsack: the entries are gone through from the oldest on; at each, one
// goes on to the next, or takes a swap that begins there and goes on behind it. A state is the entry, the
// actions so far, and expansions less collapses so far; kept for each is the best sum and the last swap.
#include "plugins/allocator/oracle/knapsack.hpp"

#include <algorithm>
#include <limits>

namespace gistmill::allocator {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();
constexpr std::int32_t kNothing = -1;

class Table {
 public:
  Table(std::size_t entries, std::size_t actions)
      : actions_(actions),
        sums_((entries + 1) * (actions + 1) * (2 * actions + 1), kNever),
        taken_(sums_.size(), kNothing) {}

  // used: actions; net: expansions less collapses, -actions to actions.
  std::size_t at(std::size_t entry, std::size_t used, std::int64_t net) const {
    const std::size_t shifted = static_cast<std::size_t>(net + static_cast<std::int64_t>(actions_));
    return (entry * (actions_ + 1) + used) * (2 * actions_ + 1) + shifted;
  }
  double sum(std::size_t place) const { return sums_[place]; }
  std::int32_t taken(std::size_t place) const { return taken_[place]; }

  void offer(std::size_t place, double sum, std::int32_t swap) {
    if (sum <= sums_[place]) return;
    sums_[place] = sum;
    taken_[place] = swap;
  }

 private:
  std::size_t actions_;
  std::vector<double> sums_;
  std::vector<std::int32_t> taken_;  // the swap that led here
};

std::int64_t net_of(const focus::Swap& swap) { return swap.cost > 0 ? 1 : -1; }

}  // namespace

std::vector<focus::Swap> best_swaps(const std::vector<Valued>& swaps, std::size_t entries, std::int64_t block,
                                    std::int64_t room, std::size_t max_actions) {
  const std::size_t actions = std::min(max_actions, swaps.size());
  const auto most = static_cast<std::int64_t>(actions);
  std::vector<std::vector<std::int32_t>> begins(entries);
  for (std::size_t i = 0; i < swaps.size(); ++i)
    begins[swaps[i].swap.first].push_back(static_cast<std::int32_t>(i));
  Table table(entries, actions);
  table.offer(table.at(0, 0, 0), 0, kNothing);
  for (std::size_t entry = 0; entry < entries; ++entry) {
    for (std::size_t used = 0; used <= actions; ++used) {
      for (std::int64_t net = -most; net <= most; ++net) {
        const double sum = table.sum(table.at(entry, used, net));
        if (sum == kNever) continue;
        table.offer(table.at(entry + 1, used, net), sum, kNothing);
        if (used == actions) continue;
        for (const std::int32_t i : begins[entry]) {
          const Valued& valued = swaps[static_cast<std::size_t>(i)];
          table.offer(table.at(entry + valued.swap.count, used + 1, net + net_of(valued.swap)),
                      sum + valued.utility, i);
        }
      }
    }
  }
  // What the budget allows, in units of an expansion; a context above it must collapse.
  const std::int64_t unit = block - 1;
  const std::int64_t allowed = room >= 0 ? room / unit : -((-room + unit - 1) / unit);
  std::size_t used = 0;
  std::int64_t net = 0;
  double best = kNever;
  for (std::size_t a = 0; a <= actions; ++a) {
    for (std::int64_t n = -most; n <= std::min(most, allowed); ++n) {
      const double sum = table.sum(table.at(entries, a, n));
      if (sum <= best) continue;
      best = sum;
      used = a;
      net = n;
    }
  }
  std::vector<focus::Swap> chosen;
  for (std::size_t entry = entries; best != kNever && entry > 0;) {
    const std::int32_t taken = table.taken(table.at(entry, used, net));
    if (taken == kNothing) {
      --entry;
      continue;
    }
    const focus::Swap& swap = swaps[static_cast<std::size_t>(taken)].swap;
    chosen.push_back(swap);
    entry -= swap.count;
    --used;
    net -= net_of(swap);
  }
  std::reverse(chosen.begin(), chosen.end());
  return chosen;
}

}  // namespace gistmill::allocator
