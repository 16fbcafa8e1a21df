// A residual block: x + W_out inner(W_in norm(x)), where `inner` is retention or the gated feed-forward.
// Keeps of its forward pass only x and W_in norm(x), [B, T, ..]; the rest is computed again in the backward
// pass.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <utility>

#include "plugins/student/retnet/retention.hpp"

namespace gistmill::retnet {

struct BlockWeights {
  at::Tensor norm;  // [D]
  at::Tensor in;    // [width of what inner takes, D]
  at::Tensor out;   // [D, width of what it gives]
};

// What stands between a block's matrices. Immutable: any thread.
class Inner {
 public:
  virtual ~Inner() = default;
  // wide [B, T, ..] -> [B, T, ..]; not differentiable.
  virtual at::Tensor forward(const at::Tensor& wide) const = 0;
  // The result of forward() again, and the gradient of `wide` for one of the result.
  virtual std::pair<at::Tensor, at::Tensor> backward(const at::Tensor& wide,
                                                     const at::Tensor& grad) const = 0;
  // Floating-point operations of forward() for `tokens` tokens, products alone.
  virtual double flops(std::int64_t tokens) const = 0;
};

std::shared_ptr<const Inner> retention_inner(const Config& config, std::shared_ptr<const Places> places);
// wide [B, T, 2F]: activation of the first half times the second.
std::shared_ptr<const Inner> gated_inner(const Config& config);
at::Tensor gated(const Config& config, const at::Tensor& wide);  // the same, differentiable

// x [.., D] -> RMSNorm of each row times weight [D]; differentiable.
at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double epsilon);

// a [.., m] times the transpose of b [n, m], in bf16 where `half` says so, the sum then in a's type.
at::Tensor times(const at::Tensor& a, const at::Tensor& b, bool half);

// x [B, T, D] -> [B, T, D]. Differentiable with respect to x and the weights.
at::Tensor block(const at::Tensor& x, const BlockWeights& weights, const std::shared_ptr<const Inner>& inner,
                 const Config& config);

}  // namespace gistmill::retnet
