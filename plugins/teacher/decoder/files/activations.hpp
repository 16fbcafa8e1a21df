// transformers' names of activations: several may stand for one function.
#pragma once

#include <string>

namespace gistmill::decoder {

// x * sigmoid(x)
inline bool is_silu(const std::string& activation) { return activation == "silu" || activation == "swish"; }

// GELU with a hyperbolic tangent in place of the error function.
inline bool is_tanh_gelu(const std::string& activation) {
  return activation == "gelu_pytorch_tanh" || activation == "gelu_new" || activation == "gelu_fast" ||
         activation == "gelu_python_tanh";
}

}  // namespace gistmill::decoder
