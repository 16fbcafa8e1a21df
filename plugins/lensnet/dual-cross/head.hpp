// From an entry's row and its features to its score, by a hidden layer. N entries, W width, F features, R
// hidden.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "gistmill/layers.hpp"

namespace gistmill::lensnet {

struct HeadMaps {
  at::Tensor rows;         // [R, W]; undefined where features alone are read
  at::Tensor features;     // [R, F]
  at::Tensor bias;         // [R]
  at::Tensor output;       // [R]
  at::Tensor output_bias;  // []

  // width 0: no rows.
  static HeadMaps made(const torch::Builder& build, std::int64_t width, std::int64_t features,
                       std::int64_t hidden);
  HeadMaps zeros() const;
  void append_to(std::vector<at::Tensor>& list) const;
  static HeadMaps taken_from(const std::vector<at::Tensor>& list, std::size_t& at, bool with_rows);
};

class Head {
 public:
  // rows [N, W] or undefined, features [N, F]. `maps` outlives this.
  Head(const HeadMaps& maps, const at::Tensor& rows, const at::Tensor& features);

  const at::Tensor& scores() const { return scores_; }  // [N] in (-1, 1)

  // grad [N] of scores(). Adds the gradients of the maps to `maps`, and gives that of the rows, [N, W];
  // undefined where there are none.
  at::Tensor backward(const at::Tensor& grad, HeadMaps& maps) const;

 private:
  const HeadMaps& maps_;
  at::Tensor rows_, features_;
  at::Tensor before_, hidden_;  // [N, R] GELU's argument and value
  at::Tensor scores_;
};

}  // namespace gistmill::lensnet
