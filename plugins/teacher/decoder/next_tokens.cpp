// The next tokens of the one text that is being read: generate() for a text that comes again and again, a
// little longer or edited. Rows that it began with the last time are not computed again.
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <gistmill/plugin/values.hpp>

#include "plugins/teacher/decoder/attention/row_attention.hpp"
#include "plugins/teacher/decoder/model.hpp"
#include "plugins/teacher/decoder/reading.hpp"

namespace gistmill::decoder {

// Rows [kept, R) of the text, behind those that are kept -> the last one after the final norm, compute[1, D].
at::Tensor Model::read_on(const Batch& text, const at::Tensor& positions, std::int64_t kept,
                          Reading& reading) const {
  const std::int64_t length = positions.size(0);
  const std::int64_t rows = length - kept;
  AttentionPlan plan{shape_, causal_segments(rows)};
  for (Segment& segment : plan.segments) segment.prefix += kept;
  Pass pass;
  pass.embeddings = with_gist(text, embed_rows(text.ids.flatten().to(at::kLong))).narrow(0, kept, rows);
  pass.positions = here(positions.narrow(0, kept, rows));
  pass.kept = here(at::full({1}, rows - 1, at::kLong));
  pass.attention = [&](std::size_t layer, const at::Tensor& qkv) {
    const at::Tensor& all = reading.layer(layer);
    all.narrow(0, kept, rows).copy_(keys_values_of(qkv));
    if (rows == 1 && qkv.is_cpu()) return attend_row(qkv, all, length, shape_);
    return attend(qkv, all.narrow(0, 0, length), plan);
  };
  return run(pass);
}

// The row of a token that was chosen -> compute[1, D].
at::Tensor Model::read_one(std::int64_t token, std::int64_t position, Reading& reading) const {
  const Batch one{at::full({1, 1}, token, at::kLong), {}, {}, {}};
  const std::int64_t before = reading.count();
  reading.add(token, position);
  Pass pass;
  pass.embeddings = embed_rows(one.ids.flatten());
  pass.positions = here(at::full({1}, position, at::kLong));
  pass.attention = [&](std::size_t layer, const at::Tensor& qkv) {
    const at::Tensor& all = reading.layer(layer);
    all.narrow(0, before, 1).copy_(keys_values_of(qkv));
    if (qkv.is_cpu()) return attend_row(qkv, all, before + 1, shape_);
    AttentionPlan plan{shape_, causal_segments(1)};
    for (Segment& segment : plan.segments) segment.prefix += before;
    return attend(qkv, all.narrow(0, 0, before + 1), plan);
  };
  return run(pass);
}

Model::NextTokens Model::next_tokens(const Batch& text, const Sampling& sampling, Reading& reading) const {
  const at::NoGradGuard no_grad;
  if (text.ids.size(0) != 1) {
    throw Error(GM_ERROR_USER, std::to_string(text.ids.size(0)) + " texts when it should be one", "ids");
  }
  check_batch(text, sampling.max_tokens);
  expect_vectors(text);
  const std::int64_t length = text.ids.size(1);
  const at::Tensor positions = positions_of(text)[0].cpu().to(at::kLong).contiguous();
  const std::int64_t last = positions[length - 1].item<std::int64_t>();
  NextTokens next;
  const auto is_end = [&](std::int64_t token) {
    return std::find(config_.end_tokens.begin(), config_.end_tokens.end(), token) != config_.end_tokens.end();
  };
  if (window_hides(last + sampling.max_tokens)) {  // what a window hides is not followed row by row
    reading.clear();
    const Generated whole = generate(text, sampling);
    const auto count = static_cast<std::int64_t>(whole.lengths[0].item<std::int32_t>());
    for (std::int64_t i = 0; i < count; ++i) next.tokens.push_back(whole.tokens[0][i].item<std::int32_t>());
    next.ended = count < sampling.max_tokens;
    next.computed = length;
    return next;
  }
  // The last row predicts, so it is computed in any case.
  const std::int64_t kept = std::min(reading.in_common(text, positions), length - 1);
  const at::Tensor like = at::empty({0, 2 * config_.key_width()}, at::TensorOptions(device()).dtype(dtype_));
  reading.take(text, positions, kept, sampling.max_tokens, config_.layers, like);
  next.computed = length - kept;
  at::Tensor hidden;
  try {
    hidden = read_on(text, positions, kept, reading);
  } catch (...) {
    reading.clear();  // its last rows were not written
    throw;
  }
  at::Generator generator = at::detail::createCPUGenerator(sampling.seed);
  while (std::ssize(next.tokens) < sampling.max_tokens) {
    const std::int64_t token = choose(hidden, sampling, generator).item<std::int64_t>();
    next.ended = is_end(token);
    if (next.ended) break;
    next.tokens.push_back(static_cast<std::int32_t>(token));
    if (std::ssize(next.tokens) == sampling.max_tokens) break;
    hidden = read_one(token, last + std::ssize(next.tokens), reading);
  }
  return next;
}

}  // namespace gistmill::decoder
