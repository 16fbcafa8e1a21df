// What low-rank adapters add to a product (LoRA, arXiv:2106.09685), as one step of the tape with a backward
// of its own. Its plain counterpart is portable::add_low_rank.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace gistmill::decoder {

// Adds scale * up(down(x)) to the outputs [first, first + up.size(0)).
struct Adapter {
  at::Tensor down;  // f32[r, in]: lora_A
  at::Tensor up;    // f32[rows, r]: lora_B
  std::int64_t first = 0;
  double scale = 1.0;
};

// base compute[n, out], x f32[n, in] -> base with what the adapters add, in its own memory. Differentiable to
// base and x, and to down and up where `gradients`. In main memory only.
at::Tensor add_low_rank(const at::Tensor& base, const at::Tensor& x, const std::vector<Adapter>& adapters,
                        bool gradients);

}  // namespace gistmill::decoder
