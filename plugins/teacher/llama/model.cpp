#include "plugins/teacher/llama/model.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <gistmill/plugin/values.hpp>
#include <string>

namespace gistmill::llama {
namespace {

// Rows of one piece of a causal pass: with three query heads a key head it fills most of a tile.
constexpr std::int64_t kCausalPiece = 64;

std::string text(std::int64_t number) { return std::to_string(number); }

// Cosine and sine of position times frequency, in f64 until the last rounding.
Rotation make_rotation(const Config& config) {
  const std::int64_t half = config.head_size() / 2;
  const at::Tensor exponents = at::arange(half, at::kDouble) / static_cast<double>(half);
  const at::Tensor frequencies = at::pow(config.rope_base, exponents).reciprocal();
  const at::Tensor angles = at::outer(at::arange(config.context, at::kDouble), frequencies);
  return {at::cos(angles).to(at::kFloat), at::sin(angles).to(at::kFloat)};
}

// Causal attention of `rows` rows over their own keys, in pieces.
std::vector<Segment> causal_segments(std::int64_t rows) {
  std::vector<Segment> segments;
  for (std::int64_t row = 0; row < rows; row += kCausalPiece) {
    segments.push_back({row, std::min(kCausalPiece, rows - row), row});
  }
  return segments;
}

// starts[:, None] + [0, count), i64[K, count], none above `last`.
at::Tensor places(const at::Tensor& starts, std::int64_t shift, std::int64_t count, std::int64_t last) {
  const at::Tensor steps = at::arange(shift, shift + count, at::kLong);
  return (starts.to(at::kLong).unsqueeze(1) + steps).clamp_max(last);
}

void refuse(const std::string& message, const char* port) { throw Error(GM_ERROR_USER, message, port); }

}  // namespace

std::uint64_t Context::bytes() const {
  std::uint64_t sum = tokens.nbytes() + states.nbytes() + last_hidden.nbytes();
  for (const at::Tensor& layer : keys_values) sum += layer.nbytes();
  return sum;
}

void check_recorded(const Config& config, const std::vector<std::int64_t>& recorded) {
  for (const std::int64_t layer : recorded) {
    if (layer >= 0 && layer <= config.layers) continue;
    refuse("layers names " + text(layer) + " when it should name 0 (the embedding) to " +
               text(config.layers) + ", the model's number of layers",
           "layers");
  }
}

Model::Model(const Config& config, Weights weights, std::vector<std::int64_t> recorded, std::int64_t span)
    : config_(config),
      weights_(std::move(weights)),
      recorded_(std::move(recorded)),
      span_(span),
      shape_{config.heads, config.kv_heads, config.head_size(),
             1.0f / std::sqrt(static_cast<float>(config.head_size()))} {
  check(config);
  check_recorded(config, recorded_);
  if (span < 1 || span > config.context) {
    refuse(
        "span is " + text(span) + " when it should be 1 to " + text(config.context) + ", the context length",
        "span");
  }
  const at::NoGradGuard no_grad;
  rotation_ = make_rotation(config_);
  at::Tensor sum = at::zeros({config.width}, at::kDouble);
  at::Tensor norms = at::zeros({}, at::kDouble);
  for (const at::Tensor& part : weights_.embedding.split(4096)) {  // bounds the copy in f32
    const at::Tensor rows = part.to(at::kFloat);
    sum += rows.sum(0, false, at::kDouble);
    norms += rows.norm(2, 1).sum(0, false, at::kDouble);
  }
  embedding_mean_ = (sum / static_cast<double>(config.vocabulary)).to(at::kFloat);
  embedding_norm_ = (norms / static_cast<double>(config.vocabulary)).to(at::kFloat);
}

at::Tensor Model::run(const Pass& pass) const {
  at::Tensor residual = pass.residual;
  at::Tensor delta;
  at::Tensor hidden;
  const auto record = [&](std::int64_t layers) {
    if (pass.states == nullptr) return;
    for (std::size_t i = 0; i < recorded_.size(); ++i) {
      if (recorded_[i] == layers) pass.states->at(i) = residual;
    }
  };
  for (std::size_t i = 0; i < weights_.layers.size(); ++i) {
    const LayerWeights& layer = weights_.layers[i];
    std::tie(residual, hidden) =
        add_norm(residual, delta, layer.attention_norm, config_.norm_epsilon, dtype());
    record(static_cast<std::int64_t>(i));
    const at::Tensor qkv = rotate(at::linear(hidden, layer.qkv), rotation_, pass.positions, shape_);
    at::Tensor own;
    if (pass.prefixes.empty() || pass.keys_values != nullptr) {
      own = qkv.narrow(1, config_.heads * config_.head_size(), config_.kv_width()).contiguous();
    }
    if (pass.keys_values != nullptr) pass.keys_values->push_back(own);
    const at::Tensor mixed = attend(qkv, pass.prefixes.empty() ? own : pass.prefixes[i], pass.plan);
    std::tie(residual, hidden) =
        add_norm(residual, at::linear(mixed, layer.output), layer.feed_norm, config_.norm_epsilon, dtype());
    delta = at::linear(swiglu(at::linear(hidden, layer.gate_up)), layer.down);
  }
  std::tie(residual, hidden) = add_norm(residual, delta, weights_.final_norm, config_.norm_epsilon, dtype());
  record(config_.layers);
  return hidden;
}

at::Tensor Model::embed_rows(const at::Tensor& tokens) const {
  return weights_.embedding.index_select(0, tokens).to(at::kFloat);
}

void Model::check_tokens(const at::Tensor& tokens) const {
  const std::int64_t count = tokens.numel();
  if (count < 1 || count > config_.context) {
    refuse("a document of " + text(count) + " tokens when the model reads 1 to " + text(config_.context) +
               "; set a shorter document length",
           "tokens");
  }
  const std::int64_t low = tokens.min().item<std::int64_t>();
  const std::int64_t high = tokens.max().item<std::int64_t>();
  if (low < 0 || high >= config_.vocabulary) {
    refuse("token " + text(low < 0 ? low : high) + " when the model knows 0 to " +
               text(config_.vocabulary - 1) + "; the tokens come from another tokenizer",
           "tokens");
  }
}

void Model::check_spans(const Context& context, const at::Tensor& spans) const {
  if (spans.numel() == 0) return;
  const std::int64_t low = spans.min().item<std::int64_t>();
  const std::int64_t high = spans.max().item<std::int64_t>();
  if (low < 0 || high + span_ > context.length()) {
    refuse("a span of " + text(span_) + " tokens starts at " + text(low < 0 ? low : high) +
               " when it should lie within the document's " + text(context.length()) + " tokens",
           "spans");
  }
}

at::Tensor Model::embed(const at::Tensor& tokens, const at::Tensor& spans) const {
  check_tokens(tokens);
  const at::Tensor ids = tokens.to(at::kLong);
  check_spans(Context{ids, {}, {}, {}}, spans);
  const at::Tensor rows = places(spans, 0, span_, tokens.size(0) - 1);
  return embed_rows(ids.index_select(0, rows.flatten())).view({spans.size(0), span_, config_.width});
}

std::shared_ptr<const Context> Model::read(const at::Tensor& tokens) const {
  check_tokens(tokens);
  const at::NoGradGuard no_grad;
  auto context = std::make_shared<Context>();
  context->tokens = tokens.to(at::kLong);
  const std::int64_t length = context->length();
  std::vector<at::Tensor> states(recorded_.size());
  Pass pass;
  pass.residual = embed_rows(context->tokens);
  pass.positions = at::arange(length, at::kLong);
  pass.plan = {shape_, causal_segments(length)};
  pass.keys_values = &context->keys_values;
  pass.states = &states;
  context->last_hidden = run(pass);
  context->states = states.empty() ? at::empty({length, 0, config_.width}) : at::stack(states, 1);
  return context;
}

at::Tensor Model::states(const Context& context, const at::Tensor& spans) const {
  check_spans(context, spans);
  const at::Tensor rows = places(spans, 0, span_, context.length() - 1);
  return context.states.index_select(0, rows.flatten())
      .view({spans.size(0), span_, context.states.size(1), config_.width});
}

at::Tensor Model::original(const Context& context, const at::Tensor& spans, std::int64_t horizon) const {
  check_spans(context, spans);
  const at::Tensor rows = places(spans, span_ - 1, horizon, context.length() - 1);
  return context.last_hidden.index_select(0, rows.flatten()).view({spans.size(0), horizon, config_.width});
}

at::Tensor Model::resume(const Context& context, const at::Tensor& spans, const at::Tensor& gist,
                         const at::Tensor& offsets, std::int64_t horizon) const {
  check_spans(context, spans);
  const std::int64_t count = spans.size(0);
  const std::int64_t gists = gist.size(1);
  const std::int64_t following = horizon - 1;
  const std::int64_t rows = gists + following;
  if (gists > 0 && offsets.numel() > 0 &&
      (offsets.min().item<std::int64_t>() < 0 || offsets.max().item<std::int64_t>() >= span_)) {
    refuse("an offset of the gist lies outside [0, " + text(span_) + "), the span", "offsets");
  }
  if (gists == 0 && count > 0 && spans.min().item<std::int64_t>() < 1) {
    refuse(
        "a span at 0 is dropped with nothing in its place when a span without a gist should start at 1 or "
        "later",
        "spans");
  }
  const at::Tensor places_after = places(spans, span_, following, context.length() - 1);
  at::Tensor hidden;
  if (rows > 0 && count > 0) {
    const at::Tensor after = embed_rows(context.tokens.index_select(0, places_after.flatten()))
                                 .view({count, following, config_.width});
    const at::Tensor starts = spans.to(at::kLong).contiguous();
    Pass pass;
    pass.residual = gists == 0 ? after : at::cat({gist.to(at::kFloat), after}, 1);
    pass.residual = pass.residual.reshape({count * rows, config_.width});
    pass.positions = at::cat({starts.unsqueeze(1) + offsets.to(at::kLong), places_after}, 1).flatten();
    pass.plan.shape = shape_;
    for (std::int64_t k = 0; k < count; ++k) {
      pass.plan.segments.push_back({k * rows, rows, starts.const_data_ptr<std::int64_t>()[k]});
    }
    pass.prefixes = context.keys_values;
    hidden = run(pass).view({count, rows, config_.width});
  } else {
    hidden = at::empty({count, rows, config_.width}, context.last_hidden.options());
  }
  if (gists > 0) return hidden.narrow(1, gists - 1, horizon).contiguous();
  const at::Tensor before = context.last_hidden.index_select(0, spans.to(at::kLong) - 1).unsqueeze(1);
  return at::cat({before, hidden}, 1);
}

at::Tensor Model::forward(const at::Tensor& ids) const {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> logits;
  for (const at::Tensor& document : ids.unbind(0)) {
    check_tokens(document);
    Pass pass;
    pass.residual = embed_rows(document);
    pass.positions = at::arange(document.size(0), at::kLong);
    pass.plan = {shape_, causal_segments(document.size(0))};
    logits.push_back(at::linear(run(pass), weights_.head).to(at::kFloat));
  }
  return logits.empty() ? at::empty({0, ids.size(1), config_.vocabulary}) : at::stack(logits);
}

at::Tensor Model::generate(const at::Tensor& prompt, std::int64_t count) const {
  check_tokens(prompt);
  const at::NoGradGuard no_grad;
  const std::int64_t length = prompt.size(0);
  if (count < 0 || length + count > config_.context) {
    refuse("a prompt of " + text(length) + " tokens and " + text(count) + " more when the model reads " +
               text(config_.context),
           "max_tokens");
  }
  const auto choose = [&](const at::Tensor& hidden) {
    return at::linear(hidden, weights_.head).argmax(1).item<std::int64_t>();
  };
  std::vector<std::int32_t> result;
  if (count == 0) return at::empty({0}, at::kInt);
  const std::shared_ptr<const Context> context = read(prompt);
  std::vector<at::Tensor> prefixes;
  for (const at::Tensor& layer : context->keys_values) {
    prefixes.push_back(at::cat({layer, layer.new_empty({count, layer.size(1)})}));
  }
  std::int64_t token = choose(context->last_hidden.narrow(0, length - 1, 1));
  for (std::int64_t place = length; token != config_.end_token; ++place) {
    result.push_back(static_cast<std::int32_t>(token));
    if (place + 1 == length + count) break;
    std::vector<at::Tensor> keys_values;
    Pass pass;
    pass.residual = embed_rows(at::full({1}, token, at::kLong));
    pass.positions = at::full({1}, place, at::kLong);
    pass.plan = {shape_, {{0, 1, place}}};
    pass.prefixes = prefixes;
    pass.keys_values = &keys_values;
    const at::Tensor hidden = run(pass);
    for (std::size_t i = 0; i < prefixes.size(); ++i) prefixes[i].narrow(0, place, 1).copy_(keys_values[i]);
    token = choose(hidden);
  }
  return at::tensor(result, at::kInt);
}

}  // namespace gistmill::llama
