#include "plugins/loss/common/next_tokens.hpp"

#include <ATen/ATen.h>

#include <cmath>

#include "gistmill/expect_shape.hpp"
#include "gistmill/plugin/values.hpp"

namespace gistmill::loss {

NextTokens next_tokens(const at::Tensor& ids, const std::optional<at::Tensor>& counts) {
  const std::int64_t batch = ids.size(0);
  const std::int64_t length = ids.size(1);
  at::Tensor weights = at::ones({batch, length}, ids.options().dtype(at::kDouble));
  if (counts) {
    torch::expect_shape(*counts, {batch, length}, "counts");
    weights = counts->to(ids.device()).to(at::kDouble);
  }
  if (length == 0) weights = at::zeros({batch, 1}, weights.options());
  // The token that a row predicts is the next one of the flat batch; a text's first token counts for no row.
  weights = weights.clone();
  weights.select(1, 0).zero_();
  const at::Tensor places = at::nonzero(weights.flatten() > 0).squeeze(1);
  if (places.numel() == 0) {
    throw Error(GM_ERROR_USER, "no token of the batch counts as a target", "counts");
  }
  return {places - 1, ids.flatten().index_select(0, places).to(at::kLong), at::floor_divide(places, length),
          weights.flatten().index_select(0, places), weights.clamp_min(0).sum(1)};
}

at::Tensor mean(const at::Tensor& values, const NextTokens& next) {
  const at::Tensor counts = next.counts.to(values.device());
  return (values * counts).sum() / counts.sum();
}

at::Tensor text_means(const at::Tensor& values, const NextTokens& next) {
  const auto there = [&](const at::Tensor& tensor) { return tensor.to(values.device()); };
  const at::Tensor sums = at::zeros({next.totals.size(0)}, values.options())
                              .index_add(0, there(next.texts), values * there(next.counts));
  return sums / there(next.totals);
}

at::Tensor at_targets(const at::Tensor& values, const NextTokens& next, at::IntArrayRef shape) {
  const at::Tensor all = at::full({shape[0] * shape[1]}, NAN, values.options());
  return all.index_copy_(0, (next.rows + 1).to(values.device()), values).view(shape);
}

at::Tensor of_batch(const at::Tensor& values, const NextTokens& next, const at::Tensor& batch) {
  const at::Tensor all = at::zeros(batch.flatten(0, 1).sizes(), values.options());
  all.index_copy_(0, next.rows.to(values.device()), values);
  return all.view(batch.sizes()).to(batch.options());
}

}  // namespace gistmill::loss
