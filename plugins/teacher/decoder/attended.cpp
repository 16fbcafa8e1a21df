// What the newest rows of a text attend to: one causal pass, whose queries and keys are looked at on the way.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <gistmill/plugin/values.hpp>
#include <gistmill/plugin/work.hpp>
#include <string>

#include "plugins/teacher/decoder/model.hpp"

namespace gistmill::decoder {
namespace {

// Which of all rows, at positions i64[n], the last `newest` do not see -> bool[newest, n]. window: 0 for
// none.
at::Tensor unseen(const at::Tensor& positions, std::int64_t newest, std::int64_t window) {
  const std::int64_t rows = positions.size(0);
  const at::Tensor later =
      at::ones({newest, rows}, positions.options().dtype(at::kBool)).triu(rows - newest + 1);
  if (window == 0) return later;
  const at::Tensor own = positions.narrow(0, rows - newest, newest).unsqueeze(1);
  return later.logical_or(positions.unsqueeze(0).le(own - window));
}

// rotated compute[n, (A + 2 J) E], hidden bool[newest, n] -> f32[n]: softmax weights summed over the A heads
// and the last `newest` rows.
at::Tensor weights_of(const Config& config, const at::Tensor& qkv, const at::Tensor& hidden) {
  const std::int64_t rows = qkv.size(0);
  const std::int64_t newest = hidden.size(0);
  const std::int64_t size = config.head_size;
  const at::Tensor queries = qkv.narrow(0, rows - newest, newest)
                                 .narrow(1, 0, config.query_width())
                                 .to(at::kFloat)
                                 .view({newest, config.kv_heads, config.group(), size})
                                 .permute({1, 2, 0, 3})
                                 .reshape({config.kv_heads, config.group() * newest, size});
  const at::Tensor keys = qkv.narrow(1, config.query_width(), config.key_width())
                              .to(at::kFloat)
                              .view({rows, config.kv_heads, size})
                              .permute({1, 2, 0});
  at::Tensor scores = at::bmm(queries, keys).mul_(config.attention_scale());
  scores = scores.view({config.kv_heads, config.group(), newest, rows}).masked_fill_(hidden, -INFINITY);
  count_work(2.0 * static_cast<double>(queries.numel() * rows), 0);
  return at::softmax(scores, 3).sum({0, 1, 2});
}

}  // namespace

at::Tensor Model::attended(const Batch& text, std::int64_t newest) const {
  const at::NoGradGuard no_grad;
  if (text.ids.size(0) != 1) {
    throw Error(GM_ERROR_USER, std::to_string(text.ids.size(0)) + " texts when it should be one", "ids");
  }
  check_batch(text, 0);
  expect_vectors(text);
  const std::int64_t rows = text.ids.size(1);
  const std::int64_t looking = std::min(newest, rows);
  const at::Tensor positions = positions_of(text).to(at::kLong).flatten();
  Pass pass;
  pass.embeddings = embed_batch(text, {});
  pass.positions = here(positions);
  pass.kept = here(at::tensor({rows - 1}, at::kLong));  // no row is asked for; one is the fewest
  const bool hides = window_hides(positions.max().item<std::int64_t>());
  const Attention causal_rows = causal(rows, nullptr);
  // A window goes by positions, which are a row's own only where the rows are one segment.
  AttentionPlan windowed{shape_, {{0, rows, 0}}};
  if (hides) {
    windowed.window = config_.window;
    const at::Tensor places = positions.cpu().contiguous();
    windowed.positions.assign(places.const_data_ptr<std::int64_t>(),
                              places.const_data_ptr<std::int64_t>() + rows);
  }
  const at::Tensor later = unseen(pass.positions, looking, 0);
  const at::Tensor beyond = hides ? unseen(pass.positions, looking, config_.window) : later;
  at::Tensor sum = at::zeros({rows}, at::TensorOptions(device()).dtype(at::kFloat));
  pass.attention = [&](std::size_t layer, const at::Tensor& qkv) {
    const bool has_window = hides && config_.window_of(static_cast<std::int64_t>(layer)) > 0;
    sum += weights_of(config_, qkv, has_window ? beyond : later);
    return has_window ? attend(qkv, {}, windowed) : causal_rows(layer, qkv);
  };
  run(pass);
  return sum / static_cast<double>(config_.layers * config_.heads * looking);
}

}  // namespace gistmill::decoder
