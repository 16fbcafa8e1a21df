// The weights of one model, laid out for its forward pass: query, key and value projections in one matrix,
// gate and up projections in one. Knows nothing of files.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plugins/teacher/decoder/config.hpp"
#include "plugins/teacher/decoder/projection.hpp"

namespace gistmill::decoder {

// Where tensors come from. Names and shapes as in GGUF files, rows being outputs: token_embd.weight,
// position_embd.weight, output_norm.{weight,bias}, output.weight, and of layer i blk.i.{attn_norm, attn_q,
// attn_k, attn_v, attn_q_norm, attn_k_norm, attn_output, post_attention_norm, ffn_norm, ffn_gate, ffn_up,
// ffn_down, post_ffw_norm}.{weight,bias}. Queries and keys (their biases and norms too) come in the order
// whose adjacent pairs (2i, 2i+1) rotate together, whatever the order in the file.
class TensorSource {
 public:
  virtual ~TensorSource() = default;
  virtual bool contains(const std::string& name) const = 0;
  // f32, contiguous, of this shape; throws Error (user) naming the tensor where it is missing or has another
  // shape. [any thread]
  virtual at::Tensor read(const std::string& name, at::IntArrayRef shape) const = 0;
  // The same into `out`, f32 or bf16, contiguous, which has the shape. [any thread]
  virtual void read_into(const std::string& name, const at::Tensor& out) const = 0;
  // The matrix as it lies in the file, valid as long as the source; nothing where it has to be converted.
  virtual std::optional<StoredMatrix> stored(const std::string& name) const = 0;
};

struct Norm {
  at::Tensor weight;  // f32[D]
  at::Tensor bias;    // f32[D], of a LayerNorm; undefined for an RMSNorm
};

struct LayerWeights {
  Norm attention_norm;
  Projection qkv;              // [(A + 2 J) E, D]
  at::Tensor query_norm;       // f32[E]; undefined: none
  at::Tensor key_norm;         // f32[E]
  Projection output;           // [D, A E]
  Norm attention_output_norm;  // undefined: none
  Norm feed_norm;
  Projection up;    // [2F, D]: gate, then up; [F, D] where the feed-forward has no gate
  Projection down;  // [D, F]
  Norm feed_output_norm;
};

// Matrices in the compute type, norms in f32.
struct Weights {
  at::Tensor embedding;           // [V, D]
  at::Tensor position_embedding;  // [C, D]; undefined where positions are rotary
  Projection head;                // [V, D]; the embedding itself where the model ties them
  Norm final_norm;
  std::vector<LayerWeights> layers;
  std::shared_ptr<const TrainedRows> trained;  // of the embedding; null: none
  std::shared_ptr<const TensorSource> source;  // keeps stored matrices valid
};

// The name of a tensor of layer `layer`: "blk.<layer>.<part>", part being "attn_q.weight".
std::string layer_tensor(std::int64_t layer, const std::string& part);

enum class Packing {
  kNone,     // as few bytes as the weights have
  kMatrices  // every matrix that is used once more as packed_linear() takes it: faster, up to twice the bytes
};

// Reads layers in parallel. dtype: f32 or bf16.
Weights load_weights(const Config& config, std::shared_ptr<const TensorSource> source, at::ScalarType dtype,
                     Packing packing = Packing::kMatrices);

}  // namespace gistmill::decoder
