// How near guessed rows come to the tokens of their spans. Pure computation on at::Tensors; ports are the
// plugin's business (plugin.cpp).
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

namespace gistmill::decoder {

// Of each span, f32 [K].
struct Reconstruction {
  at::Tensor right;          // share of tokens whose logit is the greatest
  at::Tensor nll;            // nats, mean over tokens
  at::Tensor embedding_mse;  // between the head's rows of the most probable and of the true tokens
};

// hidden [K, S, D], head [V, D], tokens [K, S] integers. `block` rows of logits are there at a time. Records
// no gradient.
Reconstruction reconstruction(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& tokens,
                              std::int64_t block = 256);

}  // namespace gistmill::decoder
