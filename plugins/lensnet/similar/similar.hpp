// lensnet/similar: what is like the newest text should be open. No parameters.
#pragma once

#include <cstdint>
#include <vector>

#include <gistmill/plugin.hpp>

namespace gistmill::lensnet {

class Similar {
 public:
  explicit Similar(const Options& options)
      : recent_(options.integer("recent")), spread_(options.number("spread")) {}

  // With g the gists of blocks, m their mean, q the mean of the newest `recent` of them and v an entry's
  // vector (of a block that of its gist):
  //   c = cos(v - m, q - m)    score = (c - mean(c)) / (spread * deviation(c)), cut to [-1, 1]
  // Mean and deviation are of the entries outside of the protected tail. What is not legal is masked. levels,
  // starts i32[N]; block, cursor, protected_tail i32[]; level_1 f32[P, D], level_2 f32[Q, D] -> f32[N].
  // Throws Error (user) where the tree lacks an entry's gist.
  Tensor score(const Tensor& levels, const Tensor& starts, const Tensor& block, const Tensor& cursor,
               const Tensor& protected_tail, const Tensor& level_1, const Tensor& level_2) const;

 private:
  std::int64_t recent_;
  double spread_;
};

}  // namespace gistmill::lensnet
