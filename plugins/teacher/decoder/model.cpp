#include "plugins/teacher/decoder/model.hpp"
#include "plugins/teacher/decoder/refused_input.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <gistmill/expect_shape.hpp>
#include <gistmill/plugin/cancel.hpp>
#include <gistmill/plugin/values.hpp>
#include <numeric>
#include <string>

namespace gistmill::decoder {
namespace {

using torch::expect_shape;
using torch::kAnySize;

// Cosine and sine of position times frequency, f32[C, E/2] each; f64 until the last rounding.
Rotation make_rotation(std::int64_t context, const std::vector<double>& frequencies, double magnitude,
                       const at::Device& device) {
  if (frequencies.empty()) return {};
  const at::Tensor angles = at::outer(at::arange(context, at::kDouble), at::tensor(frequencies, at::kDouble));
  return {(at::cos(angles) * magnitude).to(at::kFloat).to(device),
          (at::sin(angles) * magnitude).to(at::kFloat).to(device)};
}

}  // namespace

std::uint64_t Context::bytes() const {
  std::uint64_t sum = tokens.nbytes() + states.nbytes() + last_hidden.nbytes();
  for (const at::Tensor& layer : keys_values) sum += layer.nbytes();
  for (const at::Tensor& layer : queries) sum += layer.nbytes();
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

Model::Model(const Config& config, Weights weights, std::vector<std::int64_t> recorded, std::int64_t span,
             bool keeps_queries)
    : config_(config),
      weights_(std::move(weights)),
      dtype_(weights_.embedding.scalar_type()),
      recorded_(std::move(recorded)),
      span_(span),
      keeps_queries_(keeps_queries),
      shape_{config.heads, config.kv_heads, config.head_size, static_cast<float>(config.attention_scale())},
      embedding_scale_(at::scalar_tensor(config.embedding_scale, dtype_).item<double>()) {
  check(config);
  check_recorded(config, recorded_);
  if (span < 1) refuse("span is " + text(span) + " when it should be 1 or more", "span");
  const at::NoGradGuard no_grad;
  rotation_ = make_rotation(config.context, config.rotary_frequencies, config.rotary_magnitude, device());
  windowed_rotation_ =
      make_rotation(config.context, config.windowed_frequencies, config.windowed_magnitude, device());
  at::Tensor sum = at::zeros({config.width}, at::TensorOptions(device()).dtype(at::kDouble));
  at::Tensor norms = at::zeros({}, sum.options());
  for (const at::Tensor& part : weights_.embedding.split(4096)) {  // bounds the copy in f32
    const at::Tensor rows = part.to(at::kFloat);
    sum += rows.sum(0, false, at::kDouble);
    norms += rows.norm(2, 1).sum(0, false, at::kDouble);
  }
  const double share = embedding_scale_ / static_cast<double>(config.vocabulary);
  embedding_mean_ = (sum * share).to(at::kFloat);
  embedding_norm_ = (norms * share).to(at::kFloat);
}

// Adds `delta` compute[n, D], where defined, to the residual f32[n, D] and gives its norm compute[n, D], the
// input of the next part of a layer.
at::Tensor Model::norm_input(const Norm& norm, at::Tensor& residual, const at::Tensor& delta,
                             const Pass& pass) const {
  const PassMode& mode = pass.mode;
  expect_shape(residual, {kAnySize, config_.width}, "residual");
  if (delta.defined()) expect_shape(delta, {residual.size(0), config_.width}, "delta");
  const auto used = [&](const at::Tensor& tensor) { return mode.gradients ? tensor : tensor.detach(); };
  at::Tensor hidden;
  if (config_.norm == NormKind::kRms) {
    const bool own = residual.const_data_ptr() != pass.embeddings.const_data_ptr();
    at::Tensor sum;
    std::tie(sum, hidden) = add_norm(residual, delta, used(norm.weight), config_.norm_epsilon, dtype_,
                                     /*in_place=*/own && delta.defined());
    if (delta.defined()) residual = sum;
  } else {
    if (delta.defined()) residual = residual + delta.to(at::kFloat);
    hidden =
        at::layer_norm(residual, {config_.width}, used(norm.weight), used(norm.bias), config_.norm_epsilon)
            .to(dtype_);
  }
  return hidden;
}

// What attention or the feed-forward gave, compute[n, D], normalized where the family does that.
at::Tensor Model::output_norm(const Norm& norm, const at::Tensor& delta, const PassMode& mode) const {
  if (!norm.weight.defined()) return delta;
  const at::Tensor weight = mode.gradients ? norm.weight : norm.weight.detach();
  return add_norm(delta.to(at::kFloat), {}, weight, config_.norm_epsilon, dtype_).second;
}

// hidden compute[n, D] -> compute[n, D]
at::Tensor Model::feed_forward(const LayerWeights& layer, const at::Tensor& hidden,
                               const PassMode& mode) const {
  expect_shape(hidden, {kAnySize, config_.width}, "hidden");
  const at::Tensor up = layer.up.apply(hidden, mode);  // compute[n, 2F], [n, F] without a gate
  expect_shape(up, {hidden.size(0), (config_.is_gated() ? 2 : 1) * config_.feed_forward}, "up");
  switch (config_.feed_forward_kind) {
    case FeedForwardKind::kGatedSilu:
      return layer.down.apply(swiglu(up), mode);
    case FeedForwardKind::kGatedGelu:
      return layer.down.apply(geglu(up), mode);
    case FeedForwardKind::kGelu:
      break;
  }
  return layer.down.apply(at::gelu(up, "tanh"), mode);
}

void Model::expect_shapes(const Pass& pass) const {
  const std::int64_t rows = pass.embeddings.size(0);
  expect_shape(pass.embeddings, {rows, config_.width}, "embeddings");
  expect_shape(pass.positions, {rows}, "positions");
  if (pass.states.defined()) {
    expect_shape(pass.states, {rows, static_cast<std::int64_t>(recorded_.size()), config_.width}, "states");
  }
}

// A layer: x += output(attention(qkv(norm(x)))), x += feed_forward(norm(x)), x being the residual f32[n, D].
// where the family has output norms, each part's result is normalized before it is added. `delta` compute[n,
// D] is what the last part gave and the next norm adds. Backward is autograd's, with the formulas of
// operations.cpp.
at::Tensor Model::run(const Pass& pass) const {
  const std::int64_t rows = pass.embeddings.size(0);  // n
  expect_shapes(pass);
  at::Tensor residual = pass.embeddings;
  if (config_.positions == PositionKind::kLearned) {
    const at::Tensor& table = weights_.position_embedding;
    const at::Tensor learned = (pass.mode.gradients ? table : table.detach()).index_select(0, pass.positions);
    residual = residual + learned.to(at::kFloat);
  }
  at::Tensor delta;
  const auto record = [&](std::int64_t layers) {
    if (!pass.states.defined()) return;
    for (std::size_t i = 0; i < recorded_.size(); ++i) {
      if (recorded_[i] == layers) pass.states.select(1, static_cast<std::int64_t>(i)).copy_(residual);
    }
  };
  for (std::size_t i = 0; i < weights_.layers.size(); ++i) {
    stop_if_canceled();
    const LayerWeights& layer = weights_.layers[i];
    at::Tensor hidden = norm_input(layer.attention_norm, residual, delta, pass);
    record(static_cast<std::int64_t>(i));
    at::Tensor qkv = layer.qkv.apply(hidden, pass.mode);  // compute[n, (A + 2 J) E]
    expect_shape(qkv, {rows, config_.qkv_width()}, "qkv");
    if (config_.query_key_norm) {
      qkv = normalize_heads(qkv, {layer.query_norm, layer.key_norm, config_.norm_epsilon}, shape_);
    }
    const auto number = static_cast<std::int64_t>(i);
    if (config_.rotates(number)) {
      const Rotation& rotation = config_.window_of(number) > 0 ? windowed_rotation_ : rotation_;
      qkv = rotate(qkv, rotation, pass.positions, shape_);
    }
    at::Tensor mixed = pass.attention(i, qkv);  // compute[n, A E]
    expect_shape(mixed, {rows, config_.query_width()}, "mixed");
    if (pass.kept.defined() && i + 1 == weights_.layers.size()) {
      mixed = mixed.index_select(0, pass.kept);
      residual = residual.index_select(0, pass.kept);
    }
    delta = output_norm(layer.attention_output_norm, layer.output.apply(mixed, pass.mode), pass.mode);
    hidden = norm_input(layer.feed_norm, residual, delta, pass);
    delta = output_norm(layer.feed_output_norm, feed_forward(layer, hidden, pass.mode), pass.mode);
  }
  at::Tensor hidden = norm_input(weights_.final_norm, residual, delta, pass);
  record(config_.layers);
  return hidden;
}

at::Tensor Model::here(const at::Tensor& tensor) const { return tensor.to(device(), /*non_blocking=*/true); }

// qkv compute[n, (A + 2 J) E] -> compute[n, 2 J E]
at::Tensor Model::keys_values_of(const at::Tensor& qkv) const {
  return qkv.narrow(1, config_.query_width(), 2 * config_.key_width()).contiguous();
}

Model::Attention Model::causal(std::int64_t length, std::vector<at::Tensor>* keys_values,
                               std::vector<at::Tensor>* queries) const {
  // One allocation for all layers: thirty long-lived buffers between the temporaries of a pass would fragment
  // the heap.
  const auto each_layer = [&](std::int64_t width) {
    return at::empty({config_.layers, length, width}, at::TensorOptions(device()).dtype(dtype_)).unbind(0);
  };
  if (keys_values != nullptr) *keys_values = each_layer(2 * config_.key_width());
  if (queries != nullptr) *queries = each_layer(config_.query_width());
  const AttentionPlan whole{shape_, causal_segments(length)};
  AttentionPlan windowed = whole;
  if (window_hides(length - 1)) {
    windowed.window = config_.window;
    windowed.positions.resize(static_cast<std::size_t>(length));
    std::iota(windowed.positions.begin(), windowed.positions.end(), 0);
  }
  return [this, length, keys_values, queries, whole, windowed](std::size_t layer, const at::Tensor& qkv) {
    expect_shape(qkv, {length, config_.qkv_width()}, "qkv");
    const bool has_window = config_.window_of(static_cast<std::int64_t>(layer)) > 0;
    const AttentionPlan& plan = has_window ? windowed : whole;
    if (queries != nullptr) (*queries)[layer].copy_(qkv.narrow(1, 0, config_.query_width()));
    if (keys_values == nullptr) return attend(qkv, keys_values_of(qkv), plan);
    const at::Tensor& own = (*keys_values)[layer];
    own.copy_(qkv.narrow(1, config_.query_width(), 2 * config_.key_width()));
    return attend(qkv, own, plan);
  };
}

at::Tensor Model::head() const {
  if (weights_.head.bias.defined())
    refuse("the head has a bias, of an adapter with lora_bias, and its matrix alone is not what it computes",
           "adapter");
  const at::Tensor& table = weights_.head.weight;
  return (weights_.head.trained == nullptr ? table : weights_.head.trained->in_table(table)).to(dtype_);
}

// tokens i64[n] -> f32[n, D]
at::Tensor Model::embed_rows(const at::Tensor& tokens, const PassMode& mode) const {
  expect_shape(tokens, {kAnySize}, "tokens");
  const at::Tensor& table = weights_.embedding;
  const at::Tensor ids = here(tokens);
  at::Tensor rows = (mode.gradients ? table : table.detach()).index_select(0, ids).to(at::kFloat);
  if (weights_.trained != nullptr) rows = weights_.trained->embed(rows, ids, mode.gradients);
  return embedding_scale_ == 1.0 ? rows : rows * embedding_scale_;
}

void Model::check_tokens(const at::Tensor& tokens) const {
  const std::int64_t count = tokens.numel();
  if (count < 1 || count > config_.context) {
    refuse("a document of " + text(count) + " tokens when the model reads 1 to " + text(config_.context) +
               "; set a shorter document length",
           "tokens");
  }
  check_vocabulary(tokens);
}

void Model::check_vocabulary(const at::Tensor& tokens) const {
  const std::int64_t low = tokens.min().item<std::int64_t>();
  const std::int64_t high = tokens.max().item<std::int64_t>();
  if (low < 0 || high >= config_.vocabulary) {
    refuse("token " + text(low < 0 ? low : high) + " when the model knows 0 to " +
               text(config_.vocabulary - 1) + "; the tokens come from another tokenizer",
           "tokens");
  }
}

}  // namespace gistmill::decoder
