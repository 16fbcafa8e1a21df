// A text that mostly begins as an earlier one did: a working context behind its next block, or behind an
// edit. The rows that both begin with keep their keys and values; those behind them are computed, and what
// follows.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "plugins/teacher/decoder/continuation.hpp"
#include "plugins/teacher/decoder/model.hpp"

namespace gistmill::decoder {

std::int64_t ReadRows::in_common(const at::Tensor& other, const at::Tensor& other_positions) const {
  const std::int64_t most = std::min(count(), other_positions.size(0));
  if (most == 0) return 0;
  const at::Tensor same =
      embeddings.narrow(0, 0, most)
          .eq(other.narrow(0, 0, most))
          .all(1)
          .cpu()
          .logical_and(positions.narrow(0, 0, most).eq(other_positions.narrow(0, 0, most)));
  return same.to(at::kLong).cumprod(0).sum().item<std::int64_t>();
}

Followed Model::follow_on(const Batch& text, const Continuation& next, const ReadRows& before) const {
  const at::NoGradGuard no_grad;
  check_continuation(text, next);
  const Batch whole = continued(text, next);
  const RowPool pool = pool_of(whole, {at::empty({1, 0}, at::kLong), {}, {}, {}});
  const std::int64_t length = text.ids.size(1);  // R
  const std::int64_t all = whole.ids.size(1);    // R + H - 1
  Followed followed;
  if (window_hides(pool.positions.max().item<std::int64_t>())) {
    followed.rows = run_apart(pool, {all, {}}, next.horizon());
    followed.read = std::make_shared<ReadRows>();
    followed.computed = length;
  } else {
    const at::Tensor own_embeddings = pool.embeddings.narrow(0, 0, length);
    const at::Tensor own_positions = pool.positions.narrow(0, 0, length);
    // The last row predicts, so it is computed in any case.
    const std::int64_t kept = std::min(before.in_common(own_embeddings, own_positions), length - 1);
    std::vector<at::Tensor> keys_values;
    followed.rows = run_behind(pool, all, kept, next.horizon(), before.keys_values, keys_values);
    for (at::Tensor& layer : keys_values) layer = layer.narrow(0, 0, length);
    followed.read = std::make_shared<ReadRows>(
        ReadRows{own_embeddings.contiguous(), own_positions.contiguous(), std::move(keys_values)});
    followed.computed = length - kept;
  }
  followed.nll = score_following({followed.rows}, followed.rows, next).first[0];
  return followed;
}

// Rows [kept, length) of the pool behind the first `kept` of `before` -> the last `horizon` rows, compute[H,
// D], and the keys and values of all, a layer each compute[length, 2 J E].
at::Tensor Model::run_behind(const RowPool& pool, std::int64_t length, std::int64_t kept,
                             std::int64_t horizon, const std::vector<at::Tensor>& before,
                             std::vector<at::Tensor>& keys_values) const {
  const std::int64_t rows = length - kept;
  AttentionPlan plan{shape_, causal_segments(rows)};
  for (Segment& segment : plan.segments) segment.prefix += kept;
  Pass pass;
  pass.embeddings = pool.embeddings.narrow(0, kept, rows);
  pass.positions = here(pool.positions.narrow(0, kept, rows));
  pass.kept = here(at::arange(rows - horizon, rows, at::kLong));
  pass.attention = [&](std::size_t layer, const at::Tensor& qkv) {
    const at::Tensor own = keys_values_of(qkv);
    keys_values.push_back(kept == 0 ? own : at::cat({before[layer].narrow(0, 0, kept), own}));
    return attend(qkv, keys_values.back(), plan);
  };
  return run(pass);
}

}  // namespace gistmill::decoder
