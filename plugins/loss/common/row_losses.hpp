// Cross-entropy, and the divergence from a teacher's most probable tokens, of hidden rows through a head that
// may train. Computes value and gradient together, with a block of rows' logits at a time: a tensor of all
// rows' logits is never there. Which rows, and what their mean is, are the losses' affair.
//
// Not the tiles of loss/substitution: those reduce logits once, as the gradient for hidden rows of a frozen
// head needs no second look. A gradient for the head does, and so do two temperatures.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "plugins/loss/common/buckets.hpp"

namespace gistmill::loss {

// M rows, D hidden size, V vocabulary, K tokens of the teacher
struct RowProblem {
  at::Tensor hidden;   // [M, D] in the head's dtype
  at::Tensor head;     // [V, D]
  at::Tensor targets;  // i64 [M], within the vocabulary
  at::Tensor weights;  // f64 [M], of a row in the loss
  // i64 [M, K], within the vocabulary, each once a row, or kNoToken behind the others; undefined: no teacher
  at::Tensor topk_ids;
  at::Tensor topk_log_probability;  // [M, K], at the temperature; -infinity of kNoToken
};

// In place of a token of the teacher that the student lacks. Of a row without any token the divergence is 0.
inline constexpr std::int64_t kNoToken = -1;

// A row's loss: alpha nll + (1 - alpha) temperature^2 kl
struct Mix {
  double alpha = 1;
  double temperature = 1;
  Direction direction = Direction::forward;
};

struct Wanted {
  bool hidden = false;
  bool head = false;
};

struct RowLosses {
  at::Tensor nll;     // f64 [M], nats, at temperature 1
  at::Tensor kl;      // f64 [M], nats, at the temperature; undefined without a teacher
  at::Tensor hidden;  // gradient of the weighed sum of losses, [M, D]; undefined where it is not wanted
  at::Tensor head;    // [V, D]; f32 (f64 where the head is)
};

// Logits of a block; on the CPU it stays in the caches that cores share.
inline constexpr std::int64_t kBlockBytes = std::int64_t{32} << 20;

RowLosses row_losses(const RowProblem& problem, const Mix& mix, const Wanted& wanted,
                     std::int64_t block_bytes = kBlockBytes);

}  // namespace gistmill::loss
