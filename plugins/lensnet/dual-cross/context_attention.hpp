// The context attends the gists: the second half of a stack. W width, h heads of w = W / h, G gists, N
// entries.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "plugins/lensnet/dual-cross/maps.hpp"

namespace gistmill::lensnet {

class ContextAttention {
 public:
  // gists [G, W] and entries [N, W], both normed. `maps` outlives this.
  ContextAttention(const Maps& maps, std::int64_t heads, const at::Tensor& gists, const at::Tensor& entries);

  // What is added to the entries, [N, W].
  at::Tensor update() const;

  // grad [N, W] of update(). Adds the gradients of the maps to `maps`, that of the entries to grad_entries
  // [N, W], and gives that of the gists, [G, W].
  at::Tensor backward(const at::Tensor& grad, Maps& maps, at::Tensor& grad_entries) const;

 private:
  at::Tensor output_by_head(const at::Tensor& weight) const;

  const Maps& maps_;
  std::int64_t heads_;
  at::Tensor gists_, entries_;
  at::Tensor key_, value_;  // [h, G, w]
  at::Tensor folded_;       // [h G, W] what an entry is multiplied with
  at::Tensor outputs_;      // [h G, W] each value through the output map, by head
  at::Tensor weights_;      // [N, h G] sum to 1 over the G of each head
};

}  // namespace gistmill::lensnet
