// metric/lens: what scores are worth, a row for each context.
#pragma once

#include <gistmill/plugin.hpp>

#include <cstddef>
#include <tuple>

#include "plugins/allocator/greedy/greedy.hpp"
#include "plugins/focus/common/batch.hpp"
#include "plugins/focus/common/targets.hpp"

namespace gistmill::metric {

class Lens {
 public:
  explicit Lens(const Options& options);

  // Ports as in plugin.toml -> ranking_accuracy, pearson, ndcg, balance, legality_rate, gain, oracle_gain,
  // regret f32[B].
  std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> measure(
      const Tensor& scores, const Tensor& counts, const Tensor& levels, const Tensor& starts,
      const Tensor& block, const Tensor& cursor, const Tensor& budget, const Tensor& protected_tail,
      const Tensor& utilities) const;

 private:
  double gain(const focus::Entries& entries, const float* scores, const float* utilities) const;
  double oracle_gain(const focus::Entries& entries, const float* utilities) const;

  focus::TargetOptions targets_;
  float margin_;
  std::size_t top_;
  allocator::GreedyRules rules_;
};

}  // namespace gistmill::metric
