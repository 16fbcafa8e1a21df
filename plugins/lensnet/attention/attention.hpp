// lensnet/attention: what the base model looks at should be open. No parameters.
#pragma once

#include <gistmill/plugin.hpp>

namespace gistmill::lensnet {

class Attention {
 public:
  explicit Attention(const Options& options) : spread_(options.number("spread")) {}

  // With a the attention that the rows of an entry get together:
  //   c = log a    score = (c - mean(c)) / (spread * deviation(c)), cut to [-1, 1]
  // Mean and deviation are of the entries of the same level outside of the protected tail: a gist has one
  // row, a block K, so levels do not compare. The first entry, whose first row takes attention whatever it
  // says (arXiv 2309.17453), is in neither and scores 0. What is not legal is masked. levels, starts i32[N];
  // block, cursor, protected_tail i32[]; attended f32[1, R], R the rows of all entries -> f32[N]. Throws
  // Error (user) where R is another number, or a number in it is below 0 or not finite.
  Tensor score(const Tensor& levels, const Tensor& starts, const Tensor& block, const Tensor& cursor,
               const Tensor& protected_tail, const Tensor& attended) const;

 private:
  double spread_;
};

}  // namespace gistmill::lensnet
