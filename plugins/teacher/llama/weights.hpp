// The frozen weights of one model, laid out for its forward pass: query, key and value projections in one
// matrix, gate and up projections in one. Knows nothing of files.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "plugins/teacher/llama/config.hpp"

namespace gistmill::llama {

// Names and shapes as in llama GGUF files ("blk.0.attn_q.weight", rows = outputs), queries and keys in the
// order whose adjacent pairs (2i, 2i+1) rotate together.
class TensorSource {
 public:
  virtual ~TensorSource() = default;
  virtual bool contains(const std::string& name) const = 0;
  // f32, contiguous, of this shape; throws Error (user) naming the tensor where it is missing or has another
  // shape. [any thread]
  virtual at::Tensor read(const std::string& name, at::IntArrayRef shape) const = 0;
};

struct LayerWeights {
  at::Tensor attention_norm;  // f32[D]
  at::Tensor qkv;             // [(A + 2B) E, D]
  at::Tensor output;          // [D, A E]
  at::Tensor feed_norm;       // f32[D]
  at::Tensor gate_up;         // [2 F, D]: gate, then up
  at::Tensor down;            // [D, F]
};

// Matrices in the compute type, norms in f32. Nothing here ever requires a gradient.
struct Weights {
  at::Tensor embedding;   // [V, D]
  at::Tensor head;        // [V, D]; the embedding itself where the model ties them
  at::Tensor final_norm;  // f32[D]
  std::vector<LayerWeights> layers;
};

// The name of a tensor of layer `layer`: "blk.<layer>.<part>.weight".
std::string layer_tensor(std::int64_t layer, const std::string& part);

// Reads layers in parallel. dtype: f32 or bf16.
Weights load_weights(const Config& config, const TensorSource& source, at::ScalarType dtype);

}  // namespace gistmill::llama
