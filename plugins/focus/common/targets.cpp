#include "plugins/focus/common/targets.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace gistmill::focus {
namespace {

constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();

// Of each entry what expanding and collapsing it says, siblings alike.
struct Said {
  std::vector<float> expand, collapse;  // [N], NaN: nothing
};

Said said_by(const Entries& entries, const float* utilities) {
  Said said{std::vector<float>(entries.count, kUnknown), std::vector<float>(entries.count, kUnknown)};
  for (const Swap& swap : legal_swaps(entries)) {
    if (swap.edit.direction == Direction::expand) {
      said.expand[swap.first] = utilities[2 * swap.first];
      continue;
    }
    const float gain = utilities[2 * swap.first + 1];
    std::fill_n(said.collapse.begin() + static_cast<std::ptrdiff_t>(swap.first), swap.count, gain);
  }
  return said;
}

// Between the two in the middle where their number is even.
float median(std::vector<float> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

// Of the swaps that were measured, siblings once.
float price_of(const Entries& entries, const float* utilities) {
  std::vector<float> worths;
  for (const Swap& swap : legal_swaps(entries)) {
    const bool expand = swap.edit.direction == Direction::expand;
    const float worth = expand ? utilities[2 * swap.first] : -utilities[2 * swap.first + 1];
    if (!std::isnan(worth)) worths.push_back(worth);
  }
  return worths.empty() ? 0 : median(std::move(worths));
}

// Of NaN, which is below and above nothing, the other.
float later_of(float expand, float collapse) {
  if (expand > 0) return expand;
  if (collapse < 0) return collapse;
  return std::isnan(expand) && std::isnan(collapse) ? kUnknown : 0;
}

// max(0, gain) of an expansion, -max(0, loss) of a collapse; of both the greater.
float as_in_the_source(float expand, float collapse) {
  const float up = std::isnan(expand) ? kUnknown : std::max(0.0f, expand);
  const float down = std::isnan(collapse) ? kUnknown : std::min(0.0f, collapse);
  if (std::isnan(up)) return down;
  if (std::isnan(down)) return up;
  return up >= -down ? up : down;
}

}  // namespace

TargetRule target_rule_of(std::string_view word) {
  if (word == "detail") return TargetRule::detail;
  if (word == "source") return TargetRule::source;
  throw std::invalid_argument("there is no target '" + std::string(word) + "'");
}

std::vector<float> targets_of(const Entries& entries, const float* utilities, const TargetOptions& options) {
  const Said said = said_by(entries, utilities);
  const bool detail = options.rule == TargetRule::detail;
  const float price = detail ? price_of(entries, utilities) : 0;
  std::vector<float> targets(entries.count);
  float greatest = 0;
  for (std::size_t i = 0; i < entries.count; ++i) {
    targets[i] = detail ? later_of(said.expand[i] - price, -said.collapse[i] - price)
                        : as_in_the_source(said.expand[i], said.collapse[i]);
    if (!std::isnan(targets[i])) greatest = std::max(greatest, std::abs(targets[i]));
  }
  const float scale = options.scale > 0 ? static_cast<float>(options.scale) : greatest;
  if (scale == 0) return targets;
  for (float& target : targets) {
    if (!std::isnan(target)) target = std::clamp(target / scale, -1.0f, 1.0f);
  }
  return targets;
}

std::vector<Legal> legal_actions(const Entries& entries) {
  std::vector<Legal> legal(entries.count);
  for (const Swap& swap : legal_swaps(entries)) {
    if (swap.edit.direction == Direction::expand) {
      legal[swap.first].expand = true;
    } else {
      for (std::size_t i = swap.first; i < swap.first + swap.count; ++i) legal[i].collapse = true;
    }
  }
  return legal;
}

void mask_scores(const Entries& entries, float* scores) {
  const std::vector<Legal> legal = legal_actions(entries);
  for (std::size_t i = 0; i < entries.count; ++i) {
    if (!legal[i].expand && !legal[i].collapse) {
      scores[i] = kUnknown;
    } else if (!legal[i].expand) {
      scores[i] = std::min(scores[i], 0.0f);
    } else if (!legal[i].collapse) {
      scores[i] = std::max(scores[i], 0.0f);
    }
  }
}

}  // namespace gistmill::focus
