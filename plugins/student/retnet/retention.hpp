// One layer's retention in three forms that compute the same: parallel, chunkwise and recurrent. Between the
// layer's two matrices: in goes what the first gives, queries, keys, values and gates side by side,
// [B, T, 2 D + 2 value width]; out comes what the second takes, [B, T, value width]:
//
//   S_n = decay S_(n-1) + k_n v_n'     o_n = S_n' q_n     result_n = swish(g_n) * norm(o_n), head by head
//
// q and k turn with their place in the text; k is divided by sqrt(K). f32 or f64, any device. Legend:
// config.hpp.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <vector>

#include "plugins/student/retnet/config.hpp"

namespace gistmill::retnet {

// What a layer remembers of the tokens so far. Its size does not depend on how many there were.
struct Memory {
  at::Tensor values;  // [B, H, K, E]: S
  at::Tensor keys;    // [B, H, K]: the decayed sum of the keys, which scale_rows needs; undefined without
};

// The factors by which a chunk of n tokens decays. Padding does not count as a token.
struct ChunkDecay {
  at::Tensor inner;  // [B or 1, H, n, n]: from column to row, zero above the diagonal
  at::Tensor query;  // [B or 1, H, n, 1]: from before the chunk to the row
  at::Tensor key;    // [B or 1, H, n, 1]: from the row to the chunk's end
  at::Tensor whole;  // [B or 1, H, 1, 1]: over the chunk
};

// Where the tokens of one call stand: the same for all layers.
class Places {
 public:
  // mask: bool[B, T], false where a token is padding: it leaves the memory as it is. Undefined: none is.
  // before: i64[B], tokens of each text in earlier calls; undefined: none. dtype: of what is computed.
  // begins: bool[B, T], true where a document begins: the memory before it is forgotten, and places count
  // from there, so each document has what it has alone. Undefined: none does.
  Places(const Config& config, std::int64_t length, const at::Tensor& mask, const at::Tensor& before,
         const at::TensorOptions& options, const at::Tensor& begins = {});

  std::int64_t length() const { return length_; }
  const at::Tensor& mask() const { return mask_; }
  // Tokens of each text, or of its last document, up to the call's end, i64[B or 1].
  const at::Tensor& after() const { return after_; }
  // complex[B or 1, 1, n, K/2]: a key's has its scale.
  at::Tensor query_phase(std::int64_t first, std::int64_t count) const;
  at::Tensor key_phase(std::int64_t first, std::int64_t count) const;
  // [B or 1, H, n, 1]: what scale_decay multiplies each row by; undefined without.
  at::Tensor row_scale(std::int64_t first, std::int64_t count) const;
  ChunkDecay decay(std::int64_t first, std::int64_t count) const;

 private:
  ChunkDecay decay_of(const at::Tensor& counted) const;
  ChunkDecay forgetting(ChunkDecay decay, const at::Tensor& begins) const;

  Config config_;
  std::int64_t length_;
  at::TensorOptions options_;
  at::Tensor mask_;
  at::Tensor begins_;
  at::Tensor after_;
  at::Tensor log_decay_;  // f64[1, H, 1, 1]
  at::Tensor query_phase_, key_phase_, row_scale_;
  std::map<std::int64_t, ChunkDecay> decays_;  // by number of tokens, where all texts have the same
};

// mixed [B, T, 2 D + 2 value width] -> [B, T, value width]. memory: read and brought up to the call's end; a
// null pointer, or one with undefined tensors: the text begins here. Autograd sees through parallel() alone,
// which keeps [B, H, T, T].
at::Tensor parallel(const Config& config, const at::Tensor& mixed, const Places& places, Memory* memory);
at::Tensor chunkwise(const Config& config, const at::Tensor& mixed, const Places& places, Memory* memory);
at::Tensor recurrent(const Config& config, const at::Tensor& mixed, const Places& places, Memory* memory);

// The vector-Jacobian product of chunkwise() on whole texts. It computes again, chunk by chunk, what it needs
// of the forward pass: linear in T.
struct ChunkwiseGradient {
  at::Tensor result;  // of chunkwise(), which the second matrix's gradient needs
  at::Tensor mixed;   // gradient of `mixed`
};
ChunkwiseGradient chunkwise_backward(const Config& config, const at::Tensor& mixed, const Places& places,
                                     const at::Tensor& grad);

// Floating-point operations of chunkwise() for `tokens` tokens.
double chunkwise_flops(const Config& config, std::int64_t tokens);

}  // namespace gistmill::retnet
