// Compresses a span from what the original pass already knows: the recorded layers' hidden states. A query
// from the last token pools over the span's tokens, then an MLP corrects the last token's embedding. Pure
// computation on at::Tensors, f32 or f64; options, ports and seeds are the plugin's business (plugin.cpp).
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>

#include "gistmill/layers.hpp"

namespace gistmill::contextual {

struct Shape {
  std::int64_t span = 32;    // S
  std::int64_t hidden = 0;   // D, size of embeddings and gist
  std::int64_t states = 0;   // n, recorded layers that are looked at
  bool pool = true;          // over all tokens; false: the last token's states alone
  std::int64_t width = 512;  // W, of the pooled vector
  std::int64_t heads = 8;
  std::int64_t mlp = 1024;  // hidden width of the MLP
};

// states [K, S, n, D] -> correction [K, D], zero until the head has learned.
class Network {
 public:
  Network(const Shape& shape, const torch::Builder& build);
  ~Network();

  // `entropy`, where not null and tokens are pooled, becomes that of the pooling's weights in bits, mean over
  // heads, [K].
  at::Tensor operator()(const at::Tensor& states, at::Tensor* entropy = nullptr) const;

 private:
  struct Layers;
  std::unique_ptr<const Layers> layers_;
};

}  // namespace gistmill::contextual
