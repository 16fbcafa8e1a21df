// Gists attend the context: the first half of a stack. W width, h heads of w = W / h, G gists, N entries.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "plugins/lensnet/dual-cross/maps.hpp"

namespace gistmill::lensnet {

class GistAttention {
 public:
  // gists [G, W] and entries [N, W], both normed. `maps` outlives this.
  GistAttention(const Maps& maps, std::int64_t heads, const at::Tensor& gists, const at::Tensor& entries);

  // What is added to the gists, [G, W].
  const at::Tensor& update() const { return update_; }

  // grad [G, W] of update(). Adds the gradients of the maps to `maps`, that of the entries to grad_entries
  // [N, W], and gives that of the gists, [G, W].
  at::Tensor backward(const at::Tensor& grad, Maps& maps, at::Tensor& grad_entries) const;

 private:
  const Maps& maps_;
  std::int64_t heads_;
  at::Tensor gists_, entries_;
  at::Tensor query_;    // [h, G, w]
  at::Tensor folded_;   // [h G, W] what an entry is multiplied with
  at::Tensor weights_;  // [h G, N] sum to 1 over N
  at::Tensor mixed_;    // [h G, W] weighted sums of entries
  at::Tensor values_;   // [G, W]
  at::Tensor update_;   // [G, W]
};

}  // namespace gistmill::lensnet
