// lensnet/oracle: scores that are the labels, the upper end of what a lensnet can say.
#pragma once

#include <gistmill/plugin.hpp>

#include "plugins/focus/common/batch.hpp"
#include "plugins/focus/common/targets.hpp"

namespace gistmill::lensnet {

class Oracle {
 public:
  explicit Oracle(const Options& options)
      : targets_{focus::target_rule_of(options.string("target")), options.number("scale")} {}

  // levels, starts i32[N], block, cursor, protected i32[], utilities f32[N, 2] -> scores f32[N], masked.
  Tensor score(const Tensor& levels, const Tensor& starts, const Tensor& block, const Tensor& cursor,
               const Tensor& protected_tail, const Tensor& utilities) const;
  // Of B contexts with M entries; counts, cursor, protected i32[B] -> scores f32[M], not masked. What was not
  // measured is 0.
  Tensor score_batch(const Tensor& counts, const Tensor& levels, const Tensor& starts, const Tensor& block,
                     const Tensor& cursor, const Tensor& protected_tail, const Tensor& utilities) const;

 private:
  Tensor scores(const focus::BatchArrays& arrays, const Tensor& utilities, bool mask) const;

  focus::TargetOptions targets_;
};

}  // namespace gistmill::lensnet
