// What a span's replacement costs its targets: NLL and KL from hidden states, through the output head,
// without logits of all rows ever being there at once. Pure computation on at::Tensors, f64, f32 or bf16;
// options and ports are the plugin's business (plugin.cpp).
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

namespace gistmill::substitution {

// K spans, H targets a span, D hidden size, V vocabulary.
struct Inputs {
  at::Tensor hidden_replaced;  // [K, H, D] after the final norm; row i predicts target i
  at::Tensor hidden_original;  // [K, H, D] the same rows of the uncompressed pass; no gradient goes there
  at::Tensor head;             // [V, D], frozen; its dtype is the one that the matrix products use
  at::Tensor targets;          // [K, H] integers
  at::Tensor mask;  // [K, H], 1 where the target exists, else 0; what masked rows hold is not looked at
};

// All in nats, f32 (f64 where the head is f64), 0 where the mask is 0.
struct Values {
  at::Tensor loss;          // [], mean over the targets that exist; 0 where none does
  at::Tensor nll_replaced;  // [K, H]
  at::Tensor nll_original;  // [K, H], nan where it was not asked for
  at::Tensor kl;            // [K, H], undefined for delta_nll
};

enum class Original { report, skip };

// Logits that are there at once. Tests lower it to cross block borders with few rows.
inline constexpr std::int64_t kBlockBytes = std::int64_t{64} << 20;

// loss = mean of NLL(replaced) - NLL(original). What it subtracts is a constant for the gradient; with `skip`
// it is not computed, and loss is the mean NLL(replaced). The gradient for hidden_replaced is computed
// together with the value, block by block, where grad mode is on and hidden_replaced requires it.
Values delta_nll(const Inputs& inputs, Original original, std::int64_t block_bytes = kBlockBytes);

// loss = mean of KL(original || replaced), both at `temperature` and not multiplied by its square; NLLs at 1.
Values kl(const Inputs& inputs, double temperature, std::int64_t block_bytes = kBlockBytes);

}  // namespace gistmill::substitution
