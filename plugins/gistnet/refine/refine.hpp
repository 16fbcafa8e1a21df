// The 32-32-1-32-32-1 refinement stack: a span's 32 rows in, one vector out. Pure computation on at::Tensors,
// f32 or f64; options, ports and seeds are the plugin's business (plugin.cpp).
//
//   stage A  rows look at each other           `layers` x { self-attention, MLP }, rotary positions 0 .. S-1
//   stage B  middle slots collect              slots attend to the rows, MLP
//   stage C  rows are told what was collected  rows attend to the slots, MLP, then self-attention
//   stage D  one slot collects again           a second, independent slot attends to the rows, MLP, LayerNorm
//
// Pre-LN and residuals throughout. With ONE middle slot stage C's softmax has one key and is always 1: every
// row hears the same sum, whatever it asks. Queries and keys would be dead weight, so they do not exist
// there; with several middle slots each row chooses what it hears.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>

#include "gistmill/layers.hpp"

namespace gistmill::refine {

struct Shape {
  std::int64_t span = 32;    // S, rows
  std::int64_t hidden = 0;   // D, size of embeddings and gist
  std::int64_t inputs = 0;   // F, size of one row of features
  std::int64_t width = 512;  // W, inside
  std::int64_t heads = 8;
  std::int64_t mlp = 512;      // hidden width of every MLP
  std::int64_t layers = 2;     // of stage A
  std::int64_t mid_slots = 1;  // of stages B and C
  bool ask_with_last = false;  // stage D's slot starts from the last row too, not from its own vector alone
};

// features [K, S, F] -> correction [K, D], zero until the head has learned.
class Network {
 public:
  Network(const Shape& shape, const torch::Builder& build);
  ~Network();

  // `entropy`, where not null, becomes that of how the slots of stages B and D attend to the rows, in bits,
  // [K]: mean over both stages, heads and slots.
  at::Tensor operator()(const at::Tensor& features, const torch::Dropout& dropout = {},
                        at::Tensor* entropy = nullptr) const;

 private:
  struct Layers;
  std::unique_ptr<const Layers> layers_;
};

// embeddings [K, S, D] with mean norm `embedding_norm` [] -> features [K, S, D] of RMS about 1.
at::Tensor features_of_embeddings(const at::Tensor& embeddings, const at::Tensor& embedding_norm);

// states [K, S, n, D] -> features [K, S, n * D]: each state layer-normalized by itself, since their norms
// differ by orders of magnitude between layers and tokens.
at::Tensor features_of_states(const at::Tensor& states);

}  // namespace gistmill::refine
