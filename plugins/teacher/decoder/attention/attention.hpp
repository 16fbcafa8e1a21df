// Grouped-query attention of rows that continue shared text: each segment of rows sees a run of keys of one
// shared set, its prefix, then its own rows causally; of these only the keys in its window, where the layer
// has one, or those from a first key of each row on. One softmax over both. Exact: no sampling.
//
// The prefix has no gradient and is never copied per segment, so many spans of one document share it. With
// segments that cut one document into pieces, and the document's own keys as the prefix, the same kernel is
// plain causal attention.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <tuple>
#include <vector>

namespace gistmill::decoder {

struct Segment {
  std::int64_t row = 0;     // its first row
  std::int64_t rows = 0;    // how many
  std::int64_t prefix = 0;  // it sees keys [prefix_begin, prefix) of the shared set
  std::int64_t prefix_begin = 0;

  std::int64_t prefix_keys() const { return prefix - prefix_begin; }
};

struct AttentionShape {
  std::int64_t heads = 0;      // A
  std::int64_t kv_heads = 0;   // J
  std::int64_t head_size = 0;  // E
  float scale = 0.0f;          // of the scores
};

struct AttentionPlan {
  AttentionShape shape;
  std::vector<Segment> segments;  // of one call; rows in no segment are left out
  // A row sees no key whose position is its own less this, or lower; 0: it sees all.
  std::int64_t window = 0;
  // Where there is a window: the positions of the rows, i64[n]; key p of the shared set stands at p. Rows
  // that stand for other tokens in each key head: i64[J, n].
  std::vector<std::int64_t> positions = {};
  bool positions_by_head = false;
  // The first key that each row sees, i64[n], counted from prefix_begin through the prefix and on through the
  // segment's own rows, and no later than the row itself. Empty: all rows see all of it. The portable form
  // knows neither this nor prefix_begin.
  std::vector<std::int64_t> first_keys = {};

  const std::int64_t* positions_of(std::int64_t head, std::int64_t row) const {
    const auto rows = static_cast<std::int64_t>(positions.size()) / (positions_by_head ? shape.kv_heads : 1);
    return positions.data() + (positions_by_head ? head * rows : 0) + row;
  }
};

// Causal attention of `rows` rows over their own keys, which are the shared set, in pieces.
std::vector<Segment> causal_segments(std::int64_t rows);

// Letters as in config.hpp. Scores, softmax and sums are f32.
// qkv compute[n, (A + 2 J) E], rotated; prefix compute[P, 2 J E], a row being the keys and values of one
// token, rotated; undefined where no segment has a prefix.
// -> compute[n, A E] and the log of each softmax's denominator, f32[n, A].
std::tuple<at::Tensor, at::Tensor> attention(const at::Tensor& qkv, const at::Tensor& prefix,
                                             const AttentionPlan& plan);

// grad compute[n, A E], out and log_sum from attention() -> gradient of qkv, compute[n, (A + 2 J) E].
at::Tensor attention_backward(const at::Tensor& grad, const at::Tensor& qkv, const at::Tensor& prefix,
                              const AttentionPlan& plan, const at::Tensor& out, const at::Tensor& log_sum);

}  // namespace gistmill::decoder
