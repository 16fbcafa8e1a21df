#include "plugins/student/retnet/model.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <gistmill/plugin/values.hpp>

namespace gistmill::retnet {
namespace {

using torch::Builder;

constexpr std::int64_t kLogitRows = 128;  // logits of so many rows exist at a time

// The bound of Xavier's uniform distribution with a gain.
double xavier(double gain, std::int64_t in, std::int64_t out) {
  return gain * std::sqrt(6.0 / static_cast<double>(in + out));
}

// Queries and keys, then values and gates, in one matrix.
at::Tensor mixing_matrix(const Config& config, const Builder& build) {
  const double gain = std::exp2(-2.5);
  const double keys = xavier(gain, config.width, config.width);
  const double values = xavier(gain, config.width, config.value_width);
  at::Tensor matrix = build.uniform("weight", {config.mixed_width(), config.width}, keys);
  const at::NoGradGuard no_grad;
  matrix.narrow(0, 2 * config.width, 2 * config.value_width).mul_(values / keys);
  return matrix;
}

LayerWeights make_layer(const Config& config, const Builder& build) {
  const std::int64_t width = config.width;
  const auto plain = [](std::int64_t in) { return 1.0 / std::sqrt(static_cast<double>(in)); };
  LayerWeights layer;
  const Builder retention = build.in("retention");
  layer.retention.norm = retention.constant("norm", {width}, 1.0);
  layer.retention.in = mixing_matrix(config, retention.in("qkvg"));
  layer.retention.out = retention.in("out").uniform("weight", {width, config.value_width},
                                                    xavier(0.5, config.value_width, width));
  const Builder feed = build.in("feed_forward");
  layer.feed_forward.norm = feed.constant("norm", {width}, 1.0);
  layer.feed_forward.in = feed.in("up").uniform("weight", {2 * config.feed_forward, width}, plain(width));
  layer.feed_forward.out =
      feed.in("down").uniform("weight", {width, config.feed_forward}, plain(config.feed_forward));
  return layer;
}

// The form of whole texts that autograd sees through by itself.
at::Tensor plain_layer(const Config& config, const LayerWeights& layer, const at::Tensor& x,
                       const Places& places) {
  const auto wide = [&](const at::Tensor& rows, const BlockWeights& weights) {
    return times(rms_norm(rows, weights.norm, config.epsilon), weights.in, config.half);
  };
  const at::Tensor mixed = wide(x, layer.retention);
  const at::Tensor retained = config.form == Form::kParallel ? parallel(config, mixed, places, nullptr)
                                                             : recurrent(config, mixed, places, nullptr);
  const at::Tensor between = x + times(retained, layer.retention.out, config.half);
  return between +
         times(gated(config, wide(between, layer.feed_forward)), layer.feed_forward.out, config.half);
}

[[noreturn]] void refuse_input(const std::string& message, const std::string& key = "") {
  throw Error(GM_ERROR_USER, message, key);
}

}  // namespace

Weights make_weights(const Config& config, const Builder& build) {
  const double deviation = 1.0 / std::sqrt(static_cast<double>(config.width));
  Weights weights;
  weights.embedding = build.normal("embedding", {config.vocabulary, config.width}, deviation);
  for (std::int64_t layer = 0; layer < config.layers; ++layer) {
    weights.layers.push_back(make_layer(config, build.in("layers").in(std::to_string(layer))));
  }
  weights.norm = build.constant("norm", {config.width}, 1.0);
  weights.head =
      config.tied ? weights.embedding : build.normal("head", {config.vocabulary, config.width}, deviation);
  return weights;
}

Model::Model(Config config, Weights weights) : config_(std::move(config)), weights_(std::move(weights)) {}

at::Tensor Model::here(const at::Tensor& tensor) const { return tensor.to(weights_.embedding.device()); }

at::Tensor Model::mask_of(const at::Tensor& mask) const { return mask.defined() ? here(mask).ne(0) : mask; }

void Model::check_ids(const at::Tensor& ids, const at::Tensor& mask) const {
  if (ids.dim() != 2 || ids.numel() == 0) refuse_input("a text without tokens has no rows");
  if (mask.defined() && mask.sizes() != ids.sizes())
    refuse_input("the mask has another shape than the tokens");
  const std::int64_t least = ids.min().item<std::int64_t>();
  const std::int64_t most = ids.max().item<std::int64_t>();
  if (least >= 0 && most < config_.vocabulary) return;
  refuse_input("token " + std::to_string(least < 0 ? least : most) + " is not in the vocabulary of " +
               std::to_string(config_.vocabulary));
}

at::Tensor Model::embed(const at::Tensor& ids) const {
  const at::Tensor rows = at::embedding(weights_.embedding, here(ids).to(at::kLong));
  return config_.scale_embedding ? rows * std::sqrt(static_cast<double>(config_.width)) : rows;
}

at::Tensor Model::layers(at::Tensor x, const std::shared_ptr<const Places>& places) const {
  if (config_.form != Form::kChunkwise) {
    for (const LayerWeights& layer : weights_.layers) x = plain_layer(config_, layer, x, *places);
    return x;
  }
  const auto mix = retention_inner(config_, places);
  const auto gate = gated_inner(config_);
  for (const LayerWeights& layer : weights_.layers) {
    x = block(x, layer.retention, mix, config_);
    x = block(x, layer.feed_forward, gate, config_);
  }
  return x;
}

at::Tensor Model::hidden(const at::Tensor& ids, const at::Tensor& mask, const at::Tensor& begins) const {
  check_ids(ids, mask);
  if (begins.defined() && begins.sizes() != ids.sizes())
    refuse_input("boundaries have another shape than the tokens", "boundaries");
  const at::Tensor x = embed(ids);
  const auto places = std::make_shared<const Places>(config_, ids.size(1), mask_of(mask), at::Tensor(),
                                                     x.options(), mask_of(begins));
  return rms_norm(layers(x, places), weights_.norm, config_.epsilon);
}

at::Tensor Model::remembered(at::Tensor x, const Places& places, State& state) const {
  const auto form = places.length() == 1 ? recurrent : chunkwise;
  for (std::size_t i = 0; i < weights_.layers.size(); ++i) {
    const BlockWeights& retention = weights_.layers[i].retention;
    const BlockWeights& feed = weights_.layers[i].feed_forward;
    const auto wide = [&](const BlockWeights& weights) {
      return times(rms_norm(x, weights.norm, config_.epsilon), weights.in, config_.half);
    };
    x = x + times(form(config_, wide(retention), places, &state.layers[i]), retention.out, config_.half);
    x = x + times(gated(config_, wide(feed)), feed.out, config_.half);
  }
  return x;
}

at::Tensor Model::extend(const at::Tensor& ids, const at::Tensor& mask, State& state) const {
  const at::NoGradGuard no_grad;
  check_ids(ids, mask);
  state.layers.resize(weights_.layers.size());
  const at::Tensor x = embed(ids);
  const Places places(config_, ids.size(1), mask_of(mask), state.tokens, x.options());
  const at::Tensor rows = remembered(x, places, state);
  state.tokens = places.after();
  return rms_norm(rows, weights_.norm, config_.epsilon);
}

at::Tensor Model::logits(const at::Tensor& rows) const {
  const double flops = 2.0 * static_cast<double>(rows.numel()) * static_cast<double>(config_.vocabulary);
  torch::count_product(rows, weights_.head, flops);
  const at::Tensor result = times(rows, weights_.head, config_.half);
  return result.scalar_type() == at::kDouble ? result : result.to(at::kFloat);
}

Model::Top Model::topk(const at::Tensor& ids, const at::Tensor& mask, std::int64_t count, double temperature,
                       const at::Tensor& begins) const {
  const at::NoGradGuard no_grad;
  if (count < 1 || count > config_.vocabulary) {
    refuse_input("topk is " + std::to_string(count) + " when it should be 1 to " +
                     std::to_string(config_.vocabulary) + ", the model's vocabulary",
                 "topk");
  }
  const at::Tensor rows = hidden(ids, mask, begins);
  std::vector<at::Tensor> top_ids, values, partitions;
  for (const at::Tensor& some : rows.flatten(0, 1).split(kLogitRows)) {
    const at::Tensor scaled = logits(some) / temperature;
    const at::Tensor partition = at::logsumexp(scaled, -1);
    const auto [top, places] = at::topk(scaled, count, -1, true, true);
    top_ids.push_back(places.to(at::kInt));
    values.push_back((top - partition.unsqueeze(1)).to(at::kFloat));
    partitions.push_back(partition.to(at::kFloat));
  }
  const std::vector<std::int64_t> shape = {rows.size(0), rows.size(1), count};
  return {at::cat(top_ids).view(shape), at::cat(values).view(shape),
          at::cat(partitions).view({rows.size(0), rows.size(1)})};
}

at::Tensor Model::score(const at::Tensor& ids) const {
  const at::NoGradGuard no_grad;
  const at::Tensor rows = hidden(ids.unsqueeze(0)).squeeze(0);
  const std::int64_t last = ids.size(0) - 1;
  const at::Tensor targets = here(ids.narrow(0, 1, last)).to(at::kLong);
  at::Tensor result = at::empty({last}, rows.options().dtype(at::kFloat));
  for (std::int64_t first = 0; first < last; first += kLogitRows) {
    const std::int64_t count = std::min(kLogitRows, last - first);
    const at::Tensor all = logits(rows.narrow(0, first, count));
    const at::Tensor chosen = all.gather(1, targets.narrow(0, first, count).unsqueeze(1)).squeeze(1);
    result.narrow(0, first, count).copy_(at::logsumexp(all, -1) - chosen);
  }
  return result;
}

}  // namespace gistmill::retnet
