// The maps of one cross-attention, and what both directions share: heads, and rows centered and scaled.
//
// A context has thousands of entries, its tail six gists. Maps of all entries to queries, keys or values
// would be products with W x W matrices; here the maps are multiplied into the few rows of the other side
// first, exactly, so that entries meet h G vectors of W numbers and nothing wider (h heads, G gists):
//   key_n . query_g  =  (W_k c_n) . query_g  =  c_n . (W_k^T query_g)
#pragma once

#include <ATen/ATen.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "gistmill/layers.hpp"

namespace gistmill::lensnet {

// Weights [W, W], as at::linear takes them, biases [W]. Keys have no bias: the softmax does not see it.
struct Maps {
  at::Tensor query, query_bias, key, value, value_bias, output, output_bias;

  static Maps made(const torch::Builder& build, std::int64_t width);
  Maps zeros() const;  // of the same shapes
  // In the order in which they are registered.
  void append_to(std::vector<at::Tensor>& list) const;
  static Maps taken_from(const std::vector<at::Tensor>& list, std::size_t& at);
};

// 1 / sqrt(w), what the scores of a head are multiplied by.
inline double scale_of(std::int64_t width, std::int64_t heads) {
  return std::sqrt(static_cast<double>(heads) / static_cast<double>(width));
}

// x [n, W] -> h heads of its columns, [h, n, W / h], a view.
inline at::Tensor heads_of(const at::Tensor& x, std::int64_t heads) {
  return x.view({x.size(0), heads, -1}).transpose(0, 1);
}
// The other way: [h, n, w] -> [n, h w].
inline at::Tensor joined(const at::Tensor& x) { return x.transpose(0, 1).reshape({x.size(1), -1}); }
// weight [W, W] -> its rows by head, [h, W / h, W], a view.
inline at::Tensor rows_by_head(const at::Tensor& weight, std::int64_t heads) {
  return weight.view({heads, -1, weight.size(1)});
}

// Each row of x [n, W] centered and divided by its deviation.
class Normed {
 public:
  explicit Normed(const at::Tensor& x);

  const at::Tensor& rows() const { return rows_; }  // [n, W]
  // With y = (x - mean) / deviation:  dx = (dy - mean(dy) - y mean(dy y)) / deviation. [n, W]
  at::Tensor backward(const at::Tensor& grad) const;

 private:
  at::Tensor x_, rows_, mean_, inverse_;
};

}  // namespace gistmill::lensnet
