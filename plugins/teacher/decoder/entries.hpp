// What a span leaves in the keys and values of every layer: its entries, one a token and key head, and how
// much each of them is attended to. With these a few entries can be chosen to be kept in place of the span
// (Model::resume).
//
// Nothing here has a gradient. Letters as in config.hpp; K spans of S tokens, starting at `starts` i64[K], in
// main memory, within the document. Any thread.
#pragma once

#include <ATen/core/Tensor.h>

#include "plugins/teacher/decoder/config.hpp"
#include "plugins/teacher/decoder/context.hpp"

namespace gistmill::decoder {

struct Entries {
  at::Tensor keys;      // f32[L, K, S, J, E], rotated
  at::Tensor values;    // f32[L, K, S, J, E]
  at::Tensor key_mean;  // f32[L, K, J, E]: mean of the keys in units of their length, up to the span's end
};
Entries entries_of(const Config& config, const Context& context, const at::Tensor& starts, std::int64_t span);

// How much each token of a span attends to each entry of it: softmax over all that the token sees, mean over
// the query heads of a key head. f32[L, K, J, S, S], a row the token that attends, zero where the entry comes
// later. The context has queries. Source: SnapKV (arXiv 2404.14469).
at::Tensor attention_of(const Config& config, const Context& context, const at::Tensor& starts,
                        std::int64_t span);

// How much the next `future` tokens are expected to take from each entry: f32[L, K, J, S]. The queries up to
// the span's end but for the first 4 tokens are taken for normal, with mean m and covariance C before they
// are rotated; R is the mean rotation of the positions to come. An entry with key k and value v has
//   softmax over entries of (k . R m / sqrt(E) + k . R C R^T k / 2E), mean over query heads, times |v|.
// The first 4 tokens of the document score above all. The context has queries. Source: Expected Attention
// (arXiv 2510.00636), as in kvpress.
at::Tensor expected_attention_of(const Config& config, const Context& context, const at::Tensor& starts,
                                 std::int64_t span, std::int64_t future);

// The rows of `keys_values` compute[T, 2 J E], a layer's, that are kept: kept i64[K, J, R], places in the
// document -> compute[K, R, 2 J E].
at::Tensor kept_rows(const Config& config, const at::Tensor& keys_values, const at::Tensor& kept);

}  // namespace gistmill::decoder
