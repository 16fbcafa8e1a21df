// The operations on spans of one document: one full pass serves all of them.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <gistmill/expect_shape.hpp>
#include <gistmill/plugin/values.hpp>
#include <string>

#include "plugins/teacher/decoder/model.hpp"
#include "plugins/teacher/decoder/refused_input.hpp"

namespace gistmill::decoder {
namespace {

using torch::expect_shape;
using torch::kAnySize;

// starts[K][:, None] + [shift, shift + count) -> i64[K, count], none above `last`. In main memory.
at::Tensor places(const at::Tensor& starts, std::int64_t shift, std::int64_t count, std::int64_t last) {
  const at::Tensor steps = at::arange(shift, shift + count, at::kLong);
  return (starts.cpu().to(at::kLong).unsqueeze(1) + steps).clamp_max(last);
}

// spans [K], offsets [K, G]: where G gists of spans of `span` tokens are read from.
void check_gists(const at::Tensor& spans, std::int64_t gists, const at::Tensor& offsets, std::int64_t span) {
  if (gists > 0 && offsets.numel() > 0 &&
      (offsets.min().item<std::int64_t>() < 0 || offsets.max().item<std::int64_t>() >= span)) {
    refuse("an offset of the gist is outside [0, " + text(span) + "), its span", "offsets");
  }
  if (gists == 0 && spans.numel() > 0 && spans.min().item<std::int64_t>() < 1) {
    refuse("a span that starts at 0 cannot be dropped: a span without a gist must start at 1 or later",
           "spans");
  }
}

// A segment of `rows` rows for each span; its prefix is what lies before starts i64[K], in main memory.
AttentionPlan plan_of(const AttentionShape& shape, const at::Tensor& starts, std::int64_t rows) {
  AttentionPlan plan{shape, {}};
  for (std::int64_t k = 0; k < starts.size(0); ++k) {
    plan.segments.push_back({k * rows, rows, starts.const_data_ptr<std::int64_t>()[k]});
  }
  return plan;
}

// The plan for layers with a window: rows i64[K, rows] (or [J, K, rows], by head) say where they stand.
AttentionPlan with_window(AttentionPlan plan, std::int64_t window, const at::Tensor& rows) {
  const at::Tensor places = rows.contiguous();
  const auto* first = places.const_data_ptr<std::int64_t>();
  plan.window = window;
  plan.positions.assign(first, first + places.numel());
  plan.positions_by_head = rows.dim() == 3;
  return plan;
}

}  // namespace

void Model::check_spans(std::int64_t length, const at::Tensor& spans) const {
  if (spans.numel() == 0) return;
  if (span_ > config_.context) {
    refuse("span is " + text(span_) + " when it should be 1 to " + text(config_.context) +
               ", the context length",
           "span");
  }
  const std::int64_t low = spans.min().item<std::int64_t>();
  const std::int64_t high = spans.max().item<std::int64_t>();
  if (low < 0 || high + span_ > length) {
    refuse("a span of " + text(span_) + " tokens starts at " + text(low < 0 ? low : high) +
               " when it should lie within the document's " + text(length) + " tokens",
           "spans");
  }
}

// tokens [T], spans [K] -> f32[K, S, D]
at::Tensor Model::embed(const at::Tensor& tokens, const at::Tensor& spans) const {
  expect_shape(tokens, {kAnySize}, "tokens");
  expect_shape(spans, {kAnySize}, "spans");
  if (tokens.numel() < 1) throw Error(GM_ERROR_USER, "a document of 0 tokens", "tokens");
  check_vocabulary(tokens);  // it may be longer than the model's context: nothing is read
  const at::Tensor ids = tokens.cpu().to(at::kLong);
  check_spans(ids.size(0), spans);
  const at::Tensor rows = places(spans, 0, span_, tokens.size(0) - 1);  // [K, S]
  return embed_rows(ids.index_select(0, rows.flatten())).view({spans.size(0), span_, config_.width});
}

// tokens [T] -> Context: a layer's keys and values compute[T, 2 J E], states f32[T, N, D], last_hidden
// compute[T, D]
std::shared_ptr<const Context> Model::read(const at::Tensor& tokens) const {
  expect_shape(tokens, {kAnySize}, "tokens");
  check_tokens(tokens);
  const at::NoGradGuard no_grad;
  auto context = std::make_shared<Context>();
  context->tokens = tokens.cpu().to(at::kLong);
  const std::int64_t length = context->length();
  const auto recorded = static_cast<std::int64_t>(recorded_.size());
  context->states = at::empty({length, recorded, config_.width}, device());
  Pass pass;
  pass.embeddings = embed_rows(context->tokens);
  pass.positions = at::arange(length, at::TensorOptions(device()).dtype(at::kLong));
  pass.attention = causal(length, &context->keys_values, keeps_queries_ ? &context->queries : nullptr);
  pass.states = context->states;
  pass.mode.tight = true;
  context->last_hidden = run(pass);
  return context;
}

// states f32[T, N, D], spans [K] -> f32[K, S, N, D]
at::Tensor Model::states(const Context& context, const at::Tensor& spans) const {
  expect_shape(spans, {kAnySize}, "spans");
  expect_shape(context.states, {context.length(), static_cast<std::int64_t>(recorded_.size()), config_.width},
               "states");
  check_spans(context.length(), spans);
  const at::Tensor rows = places(spans, 0, span_, context.length() - 1);
  return context.states.index_select(0, here(rows.flatten()))
      .view({spans.size(0), span_, context.states.size(1), config_.width});
}

// last_hidden compute[T, D], spans [K] -> compute[K, H, D]
at::Tensor Model::original(const Context& context, const at::Tensor& spans, std::int64_t horizon) const {
  expect_shape(spans, {kAnySize}, "spans");
  expect_shape(context.last_hidden, {context.length(), config_.width}, "last_hidden");
  check_spans(context.length(), spans);
  const at::Tensor rows = places(spans, span_ - 1, horizon, context.length() - 1);
  return context.last_hidden.index_select(0, here(rows.flatten()))
      .view({spans.size(0), horizon, config_.width});
}

// kept i32[L, K, J, R]
void Model::check_kept(const at::Tensor& kept, std::int64_t count) const {
  expect_shape(kept, {config_.layers, count, config_.kv_heads, kAnySize}, "kept");
  if (kept.numel() == 0) return;
  const at::Tensor sorted = std::get<0>(kept.sort(3));
  const bool outside = sorted.min().item<std::int64_t>() < 0 || sorted.max().item<std::int64_t>() >= span_;
  const bool twice = kept.size(3) > 1 && (sorted.diff(1, 3) == 0).any().item<bool>();
  if (!outside && !twice) return;
  refuse("entries to keep of a span should be different places in [0, " + text(span_) + ")" +
             (outside ? ", and one is outside" : ", and one is named twice"),
         "kept");
}

// rotated compute[K rows, (A + 2 J) E] -> compute[K rows, A E]. What is kept of a span stands before its rows
// in the segment, as rows whose own results are dropped: causality then shows it to every row, and no kernel
// knows of it. positions i64[K, rows], in main memory.
Model::Attention Model::resumed(const Context& context, const at::Tensor& starts, const at::Tensor& positions,
                                const at::Tensor& kept) const {
  const std::int64_t rows = positions.size(1);
  const std::int64_t more = kept.defined() ? kept.size(3) : 0;  // R
  const AttentionPlan whole = plan_of(shape_, starts, more + rows);
  const bool hides = window_hides(positions.max().item<std::int64_t>());
  if (more == 0) {
    const AttentionPlan windowed = hides ? with_window(whole, config_.window, positions) : whole;
    return [this, &context, whole, windowed](std::size_t layer, const at::Tensor& qkv) {
      const bool has_window = config_.window_of(static_cast<std::int64_t>(layer)) > 0;
      return attend(qkv, context.keys_values[layer], has_window ? windowed : whole);
    };
  }
  const at::Tensor places = kept.cpu().to(at::kLong) + starts.view({1, -1, 1, 1});
  return [this, &context, rows, more, places, positions, whole, hides](std::size_t index,
                                                                       const at::Tensor& qkv) {
    const auto layer = static_cast<std::int64_t>(index);
    AttentionPlan plan = whole;
    if (hides && config_.window_of(layer) > 0) {
      const at::Tensor left = places[layer].transpose(0, 1);  // [J, K, R]
      const at::Tensor own = positions.unsqueeze(0).expand({left.size(0), -1, -1});
      plan = with_window(std::move(plan), config_.window, at::cat({left, own}, 2));
    }
    const at::Tensor& keys_values = context.keys_values[index];
    const at::Tensor left = kept_rows(config_, keys_values, places[layer]);
    const std::int64_t count = left.size(0);
    const at::Tensor queries = at::zeros({count, more, config_.query_width()}, left.options());
    const at::Tensor own = qkv.view({count, rows, config_.qkv_width()});
    const at::Tensor all = at::cat({at::cat({queries, left}, 2), own}, 1).flatten(0, 1);
    return attend(all, keys_values, plan).view({count, more + rows, -1}).narrow(1, more, rows).flatten(0, 1);
  };
}

// spans [K], gist f32[K, G, D], offsets [K, G], kept [L, K, J, R] -> compute[K, H, D]. Each span is a segment
// of G + H - 1 rows, its gist and the tokens after it but the last target; its prefix is the keys of the full
// pass before it. Backward: the prefix is constant, so the gradient of a segment's rows reaches its own gist
// alone.
at::Tensor Model::resume(const Context& context, const at::Tensor& spans, const at::Tensor& gist,
                         const at::Tensor& offsets, std::int64_t horizon, const at::Tensor& kept) const {
  check_spans(context.length(), spans);
  const std::int64_t count = spans.size(0);     // K
  const std::int64_t gists = gist.size(1);      // G
  const std::int64_t following = horizon - 1;   // H - 1
  const std::int64_t rows = gists + following;  // of one span
  expect_shape(spans, {count}, "spans");
  expect_shape(gist, {count, gists, config_.width}, "gist");
  expect_shape(offsets, {count, gists}, "offsets");
  expect_shape(context.last_hidden, {context.length(), config_.width}, "last_hidden");
  check_gists(spans, gists, offsets, span_);
  if (kept.defined()) check_kept(kept, count);
  const at::Tensor places_after = places(spans, span_, following, context.length() - 1);  // [K, H - 1]
  at::Tensor hidden;
  if (rows > 0 && count > 0) {
    const at::Tensor after = embed_rows(context.tokens.index_select(0, places_after.flatten()))
                                 .view({count, following, config_.width});
    at::Tensor starts = spans.cpu().to(at::kLong).contiguous();
    Pass pass;
    pass.mode.tight = true;
    pass.embeddings = gists == 0 ? after : at::cat({gist.to(at::kFloat), after}, 1);
    pass.embeddings = pass.embeddings.reshape({count * rows, config_.width});              // f32[n, D]
    const at::Tensor places_of_gists = starts.unsqueeze(1) + offsets.cpu().to(at::kLong);  // [K, G]
    const at::Tensor positions = at::cat({places_of_gists, places_after}, 1);
    pass.positions = here(positions.flatten());
    pass.attention = resumed(context, starts, positions, kept);
    hidden = run(pass).view({count, rows, config_.width});
  } else {
    hidden = at::empty({count, rows, config_.width}, context.last_hidden.options());
  }
  if (gists > 0) return hidden.narrow(1, gists - 1, horizon).contiguous();
  const at::Tensor before = context.last_hidden.index_select(0, here(spans.to(at::kLong) - 1)).unsqueeze(1);
  return at::cat({before, hidden}, 1);
}

// spans [K] -> starts i64[K] in main memory
at::Tensor Model::ascending(const Context& context, const at::Tensor& spans) const {
  expect_shape(spans, {kAnySize}, "spans");
  check_spans(context.length(), spans);
  const at::Tensor starts = spans.cpu().to(at::kLong).contiguous();
  if ((starts.diff() < 0).any().item<bool>()) refuse("the starts of the spans should ascend", "spans");
  return starts;
}

Entries Model::entries(const Context& context, const at::Tensor& spans) const {
  return entries_of(config_, context, ascending(context, spans), span_);
}

at::Tensor Model::attention(const Context& context, const at::Tensor& spans) const {
  return attention_of(config_, context, ascending(context, spans), span_);
}

at::Tensor Model::expected_attention(const Context& context, const at::Tensor& spans,
                                     std::int64_t future) const {
  return expected_attention_of(config_, context, ascending(context, spans), span_, future);
}

}  // namespace gistmill::decoder
