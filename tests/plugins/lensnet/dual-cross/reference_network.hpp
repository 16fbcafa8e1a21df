// The dual cross-attention as its formulas say it, in plain ATen that autograd differentiates: every entry
// mapped to queries, keys and values, nothing folded. Slow, and short enough to be believed.
#pragma once

#include <ATen/ATen.h>

#include <cmath>
#include <vector>

#include "plugins/lensnet/dual-cross/network.hpp"

namespace gistmill::lensnet::test {

inline at::Tensor plain_norm(const at::Tensor& x) {
  const at::Tensor centered = x - x.mean(1, true);
  return centered / (centered.square().mean(1, true) + 1e-5).sqrt();
}

// asking [n, W] over asked [m, W] -> [n, W]
inline at::Tensor plain_attention(const Maps& maps, std::int64_t heads, const at::Tensor& asking,
                                  const at::Tensor& asked) {
  const std::int64_t width = asking.size(1);
  const auto split = [&](const at::Tensor& x) {
    return x.reshape({x.size(0), heads, width / heads}).transpose(0, 1);
  };
  const at::Tensor query = split(at::linear(asking, maps.query, maps.query_bias));
  const at::Tensor key = split(at::linear(asked, maps.key));
  const at::Tensor value = split(at::linear(asked, maps.value, maps.value_bias));
  const at::Tensor scores =
      at::matmul(query, key.transpose(1, 2)) / std::sqrt(static_cast<double>(width / heads));
  const at::Tensor mixed = at::matmul(at::softmax(scores, 2), value).transpose(0, 1).reshape({-1, width});
  return at::linear(mixed, maps.output, maps.output_bias);
}

// Scores [M].
inline at::Tensor plain_scores(const Shape& shape, const Weights& weights, const Batch& batch) {
  std::vector<at::Tensor> scores;
  std::int64_t first = 0;
  for (std::size_t c = 0; c < batch.counts.size(); first += batch.counts[c++]) {
    const auto own = [&](const at::Tensor& all) { return all.narrow(0, first, batch.counts[c]); };
    at::Tensor entries = at::linear(plain_norm(own(batch.vectors)), weights.input) +
                         weights.level.index_select(0, own(batch.levels));
    at::Tensor gists = weights.places;
    if (shape.sees_tail) {
      gists = at::linear(plain_norm(batch.tails[c]), weights.tail) +
              weights.places.index_select(0, batch.places[c]);
    }
    for (std::size_t s = 0; s < weights.context_attentions.size(); ++s) {
      const at::Tensor seen = plain_norm(entries);
      if (shape.sees_tail)
        gists = gists + plain_attention(weights.gist_attentions[s], shape.heads, plain_norm(gists), seen);
      entries =
          entries + plain_attention(weights.context_attentions[s], shape.heads, seen, plain_norm(gists));
    }
    const HeadMaps& head = weights.head;
    const at::Tensor hidden = at::gelu(at::linear(plain_norm(entries), head.rows, head.bias) +
                                       at::linear(own(batch.features), head.features));
    scores.push_back(at::tanh(at::mv(hidden, head.output) + head.output_bias));
  }
  return at::cat(scores);
}

}  // namespace gistmill::lensnet::test
