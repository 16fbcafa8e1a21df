// See micro_step.hpp.
#include "host/run/micro_step.hpp"

#include <cmath>

namespace gistmill {
namespace {

constexpr std::size_t kBesideLosses = 5;

}  // namespace

bool is_finite(const MicroStep& micro_step, const std::vector<PlannedLoss>& parts) {
  for (std::size_t i = 0; i < micro_step.losses.size(); ++i) {
    if (parts[i].weight != 0.0 && !std::isfinite(micro_step.losses[i])) return false;
  }
  return true;
}

std::vector<double> to_numbers(const std::vector<MicroStep>& micro_steps, std::size_t parts) {
  std::vector<double> numbers;
  for (const MicroStep& each : micro_steps) {
    numbers.push_back(each.ended ? 1 : 0);
    numbers.push_back(static_cast<double>(each.items));
    numbers.push_back(each.work.flops);
    numbers.push_back(each.work.half_flops);
    numbers.push_back(each.work.bytes);
    for (std::size_t i = 0; i < parts; ++i) numbers.push_back(i < each.losses.size() ? each.losses[i] : 0.0);
  }
  return numbers;
}

std::vector<MicroStep> micro_steps_from(const std::vector<double>& numbers, std::size_t parts) {
  std::vector<MicroStep> micro_steps;
  const std::size_t size = kBesideLosses + parts;
  for (std::size_t begin = 0; begin + size <= numbers.size(); begin += size) {
    const auto at = numbers.begin() + static_cast<std::ptrdiff_t>(begin);
    MicroStep each;
    each.ended = at[0] != 0;
    each.items = static_cast<std::int64_t>(at[1]);
    each.work.flops = at[2];
    each.work.half_flops = at[3];
    each.work.bytes = at[4];
    each.losses.assign(at + kBesideLosses, at + static_cast<std::ptrdiff_t>(size));
    micro_steps.push_back(std::move(each));
  }
  return micro_steps;
}

std::vector<MicroStep> in_order(const std::vector<std::vector<MicroStep>>& of_ranks) {
  std::vector<MicroStep> all;
  for (std::size_t turn = 0; turn < of_ranks.front().size(); ++turn) {
    for (const std::vector<MicroStep>& own : of_ranks) all.push_back(own[turn]);
  }
  return all;
}

}  // namespace gistmill
