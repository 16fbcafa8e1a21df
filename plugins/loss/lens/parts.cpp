#include "plugins/loss/lens/parts.hpp"

#include <algorithm>
#include <cmath>

namespace gistmill::lens {
namespace {

constexpr double kEpsilon = 1e-6;  // of the balance, where no score says anything

// One context within the batch; `weight` is its share of the mean.
template <class T>
struct One {
  const focus::Entries& entries;
  const T* u;  // [N]
  std::vector<float> y;
  std::size_t first;  // entry of the batch
  double weight;
};

template <class T>
void add_labels(const One<T>& one, const PairSettings& settings, Parts& parts) {
  std::vector<std::size_t> labeled;
  std::vector<T> u, y;
  for (std::size_t i = 0; i < one.entries.count; ++i) {
    if (std::isnan(one.y[i])) continue;
    labeled.push_back(i);
    u.push_back(one.u[i]);
    y.push_back(static_cast<T>(one.y[i]));
  }
  const double share = one.weight / static_cast<double>(std::max<std::size_t>(labeled.size(), 1));
  std::vector<double> gradient(labeled.size(), 0.0);
  parts.ranking.value += one.weight * pair_loss(static_cast<std::int64_t>(labeled.size()), u.data(), y.data(),
                                                settings, one.weight, gradient.data())
                                          .value;
  for (std::size_t i = 0; i < labeled.size(); ++i) {
    const double off = static_cast<double>(u[i]) - static_cast<double>(y[i]);
    parts.mse.value += share * off * off;
    parts.mse.gradient[one.first + labeled[i]] = 2 * share * off;
    parts.ranking.gradient[one.first + labeled[i]] = gradient[i];
  }
}

// With S = epsilon + P + Q and r = (P - Q) / S:
//   d r^2 / dP = 2 r (epsilon + 2 Q) / S^2      d r^2 / dQ = -2 r (epsilon + 2 P) / S^2
template <class T>
void add_balance(const One<T>& one, Part& part) {
  const focus::Entries& entries = one.entries;
  const std::vector<focus::Legal> legal = focus::legal_actions(entries);
  const auto rows = static_cast<double>(entries.block - 1);
  const auto taken = [&](std::size_t i) { return legal[i].expand ? rows : 0; };
  const auto freed = [&](std::size_t i) {
    if (!legal[i].collapse) return 0.0;
    return entries.levels[i] == 1 ? rows / static_cast<double>(entries.block) : rows;
  };
  double up = 0, down = 0;
  for (std::size_t i = 0; i < entries.count; ++i) {
    const auto u = static_cast<double>(one.u[i]);
    up += taken(i) * std::max(u, 0.0);
    down += freed(i) * std::max(-u, 0.0);
  }
  const double sum = kEpsilon + up + down;
  const double ratio = (up - down) / sum;
  part.value += one.weight * ratio * ratio;
  const double by_up = 2 * ratio * (kEpsilon + 2 * down) / (sum * sum);
  const double by_down = -2 * ratio * (kEpsilon + 2 * up) / (sum * sum);
  for (std::size_t i = 0; i < entries.count; ++i) {
    if (one.u[i] > 0) part.gradient[one.first + i] = one.weight * by_up * taken(i);
    if (one.u[i] < 0) part.gradient[one.first + i] = -one.weight * by_down * freed(i);
  }
}

template <class T>
void add_legality(const One<T>& one, Part& part) {
  const double share = one.weight / static_cast<double>(one.entries.count);
  for (std::size_t i = 0; i < one.entries.count; ++i) {
    const double sign = one.entries.levels[i] == 0 ? 1 : one.entries.levels[i] == 2 ? -1 : 0;
    const double over = sign * static_cast<double>(one.u[i]);
    if (over <= 0) continue;
    part.value += share * over;
    part.gradient[one.first + i] = share * sign;
  }
}

}  // namespace

template <class T>
Parts parts_of(const focus::ContextBatch& contexts, const T* scores, std::size_t count,
               const float* utilities, const focus::TargetOptions& targets, const PairSettings& pairs) {
  Parts parts;
  for (Part* part : {&parts.mse, &parts.ranking, &parts.balance, &parts.legality})
    part->gradient.assign(count, 0.0);
  for (std::size_t i = 0; i < contexts.size(); ++i) {
    const std::size_t first = contexts.first(i);
    const One<T> one{contexts[i], scores + first,
                     focus::targets_of(contexts[i], utilities + 2 * first, targets), first,
                     1 / static_cast<double>(contexts.size())};
    add_labels(one, pairs, parts);
    add_balance(one, parts.balance);
    add_legality(one, parts.legality);
  }
  return parts;
}

template Parts parts_of(const focus::ContextBatch&, const float*, std::size_t, const float*,
                        const focus::TargetOptions&, const PairSettings&);
template Parts parts_of(const focus::ContextBatch&, const double*, std::size_t, const float*,
                        const focus::TargetOptions&, const PairSettings&);

}  // namespace gistmill::lens
