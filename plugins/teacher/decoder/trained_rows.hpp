// Rows of the embedding that train while the table stays as it is: PEFT's trainable_token_indices, its way to
// train new tokens such as gist tokens. Where the head is the embedding, they are rows of the head too.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace gistmill::decoder {

struct TrainedRows {
  at::Tensor rows;    // f32[N, D], in place of the table's; the parameters themselves
  at::Tensor tokens;  // i64[N]
  at::Tensor places;  // i64[V]: which of `rows` a token has; -1: none

  // parameters: `rows`; ids: `tokens`, none twice, each below the vocabulary V.
  TrainedRows(at::Tensor parameters, const std::vector<std::int64_t>& ids, std::int64_t vocabulary);

  // embeddings f32[n, D] of tokens i64[n] -> the same with these rows in their places.
  at::Tensor embed(const at::Tensor& embeddings, const at::Tensor& of, bool gradients) const;
  // logits compute[n, V] of x compute[n, D] -> the same with those of these rows.
  at::Tensor predict(const at::Tensor& logits, const at::Tensor& x, bool gradients) const;
  // table [V, D] -> a copy with these rows; a constant.
  at::Tensor in_table(const at::Tensor& table) const;

 private:
  at::Tensor used(bool gradients) const { return gradients ? rows : rows.detach(); }
};

}  // namespace gistmill::decoder
