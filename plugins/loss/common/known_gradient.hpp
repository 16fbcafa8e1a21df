// A value whose gradients were computed together with it, given to autograd.
#pragma once

#include <ATen/core/Tensor.h>

namespace gistmill::loss {

// `input` and its gradient of the value.
struct Known {
  at::Tensor input;
  at::Tensor gradient;
};

// value [] with these gradients, for one backward pass of first order. `second` may be undefined.
at::Tensor with_known_gradients(const at::Tensor& value, const Known& first, const Known& second = {});

}  // namespace gistmill::loss
