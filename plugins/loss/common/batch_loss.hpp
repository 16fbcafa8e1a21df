// The loss of a batch of texts from a student's hidden rows, with its gradients: next_tokens.hpp says which
// rows, row_losses.hpp what each costs. Checks what comes from outside; ports are the plugins' affair.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "plugins/loss/common/row_losses.hpp"

namespace gistmill::loss {

// B texts of T tokens, D hidden size, V vocabulary
struct Student {
  at::Tensor hidden;  // [B, T, D]
  at::Tensor head;    // [V, D]
  // Of the factors of large products; sums, values and the head's gradient are f32 at least.
  at::ScalarType products = head.scalar_type();
};
// Its most probable tokens, [B, T, K] each; undefined: no teacher.
struct Teacher {
  at::Tensor ids;
  at::Tensor log_probability;
};

struct BatchLoss {
  at::Tensor loss;       // [], f32 (f64 where the head is); differentiable where student's tensors are
  at::Tensor nll;        // [B], mean of each text
  at::Tensor token_nll;  // [B, T], of each token that counts; NaN elsewhere
  at::Tensor kl;         // [B]; undefined without a teacher
};
// ids i32[B, T], counts f32[B, T] as in next_tokens.hpp.
BatchLoss batch_loss(const Student& student, const at::Tensor& ids, const std::optional<at::Tensor>& counts,
                     const Teacher& teacher, const Mix& mix);

}  // namespace gistmill::loss
