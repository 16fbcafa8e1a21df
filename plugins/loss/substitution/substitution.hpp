// What a span's replacement costs its targets: NLL and KL from hidden states, through the output head,
// without logits of all rows ever being there at once. Pure computation on at::Tensors, f64, f32 or bf16;
// options and ports are the plugin's business (plugin.cpp), the pass through the head is head_pass.hpp's.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace gistmill::substitution {

// The first `targets` targets behind a span weigh `weight` times as much in the loss as those after them.
struct Edge {
  std::int64_t targets = 0;
  double weight = 1;
};

// K spans, H targets per span, D hidden size, V vocabulary. `hidden` below is [K, H, D] after the final norm;
// its row i predicts target i.
struct Targets {
  at::Tensor head;  // [V, D], frozen; its dtype is the one that the matrix products use
  at::Tensor ids;   // [K, H] integers
  at::Tensor mask;  // [K, H], 1 where the target exists, else 0; what masked rows hold is not looked at
  Edge edge = {};
};

// All figures are in nats, f32 (f64 where the head is f64), 0 where the mask is 0. A loss is the weighted
// mean over the targets that exist, 0 where none does. Its gradient for `hidden` is computed together with
// the value, where grad mode is on and `hidden` requires it. Targets outside the vocabulary are refused (CPU
// only).

// NLL of every target, [K, H].
at::Tensor negative_log_likelihood(const at::Tensor& hidden, const Targets& targets);

// What the divergence from the distribution q of the uncompressed pass needs of that pass.
struct Original {
  at::Tensor nll;       // [K, H], at temperature 1
  at::Tensor entropy;   // [K, H], of q
  at::Tensor mean_row;  // [K, H, D], the head's rows averaged under q
};
Original original(const at::Tensor& hidden, const Targets& targets, double temperature);

struct DeltaNll {
  at::Tensor loss;  // []
  at::Tensor nll;   // [K, H]
};
// loss = mean of NLL - nll_original, or mean NLL where that is undefined; the gradient is the same.
DeltaNll delta_nll(const at::Tensor& hidden, const at::Tensor& nll_original, const Targets& targets);

struct Divergence {
  at::Tensor loss;  // []
  at::Tensor nll;   // [K, H], at temperature 1
  at::Tensor kl;    // [K, H]
};
// loss = mean of KL(original || replaced), both at `temperature` and not multiplied by its square.
Divergence divergence(const at::Tensor& hidden, const Original& original, const Targets& targets,
                      double temperature);

}  // namespace gistmill::substitution
