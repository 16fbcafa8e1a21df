// Which rows of a batch predict a token that counts, and what the loss of a row weighs. Labels are shifted
// here, and nowhere else: row t predicts token t + 1.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace gistmill::loss {

// B texts of T tokens; M rows whose target counts. On the device of `ids`.
struct NextTokens {
  at::Tensor rows;     // i64 [M], numbers of rows of [B T, ..]
  at::Tensor targets;  // i64 [M], the tokens that they predict
  at::Tensor texts;    // i64 [M], 0 .. B - 1
  at::Tensor counts;   // f64 [M], above 0
  at::Tensor totals;   // f64 [B], sum of the counts of a text
};

// ids i32[B, T]; counts f32[B, T], 0 for tokens that are no target (padding, prompts), or none: all but the
// first count. What does not count is not looked at. Refuses a batch where nothing counts.
NextTokens next_tokens(const at::Tensor& ids, const std::optional<at::Tensor>& counts);

// values f64 [M] of the rows -> f64 [], their mean weighed by the counts
at::Tensor mean(const at::Tensor& values, const NextTokens& next);
// The same of each text, f64 [B]; NaN where nothing of a text counts.
at::Tensor text_means(const at::Tensor& values, const NextTokens& next);

// values f64 [M] of the rows at the tokens that they predict, f64 [B, T] for a batch of that shape; NaN where
// no token counts.
at::Tensor at_targets(const at::Tensor& values, const NextTokens& next, at::IntArrayRef shape);

// values [M, D] of the rows in their places of a batch like `batch` [B, T, D], 0 elsewhere, in its dtype.
at::Tensor of_batch(const at::Tensor& values, const NextTokens& next, const at::Tensor& batch);

}  // namespace gistmill::loss
