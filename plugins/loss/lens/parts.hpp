// The parts of a LensNet's loss (MegaContext's LensNet training page), each with its gradient. Of a context
// with N entries, scores u, targets y of those that have labels:
//
//   mse       mean over labels of (u - y)^2
//   ranking   mean over pairs of labels with y_i > y_j + margin of softplus(-(u_i - u_j) / temperature)
//   balance   ((P - Q) / (epsilon + P + Q))^2,  P = sum c+ max(u, 0),  Q = sum c- max(-u, 0)
//             c+: rows that expanding an entry takes, K - 1, or 0 where it is not legal; c-: rows that
//             collapsing it frees, K - 1 for a block, its share of K - 1 for one of K siblings
//   legality  1 / N (sum over blocks of max(u, 0) + sum over gists of level 2 of max(-u, 0))
//
// Means over the contexts of a batch.
#pragma once

#include <cstdint>
#include <vector>

#include "plugins/focus/common/batch.hpp"
#include "plugins/focus/common/targets.hpp"
#include "plugins/loss/lens/pairs.hpp"

namespace gistmill::lens {

struct Part {
  double value = 0;
  std::vector<double> gradient;  // [M], of the value in the scores
};

struct Parts {
  Part mse, ranking, balance, legality;
};

// scores [M]; utilities [M, 2], labels of what each swap gains. T: float or double.
template <class T>
Parts parts_of(const focus::ContextBatch& contexts, const T* scores, std::size_t count,
               const float* utilities, const focus::TargetOptions& targets, const PairSettings& pairs);

}  // namespace gistmill::lens
