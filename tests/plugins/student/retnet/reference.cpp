#include "tests/plugins/student/retnet/reference.hpp"

#include <ATen/ATen.h>

#include <cmath>
#include <functional>

namespace gistmill::retnet::test {
namespace {

// x [t, K] turned: pair (2i, 2i + 1) of row n by n * angle_i.
at::Tensor turned(const at::Tensor& x) {
  const std::int64_t pairs = x.size(1) / 2;
  std::vector<at::Tensor> columns;
  const at::Tensor place = at::arange(x.size(0), x.options());
  for (std::int64_t pair = 0; pair < pairs; ++pair) {
    const double share = pairs > 1 ? static_cast<double>(pair) / static_cast<double>(pairs - 1) : 0.0;
    const at::Tensor turn = place * std::pow(10000.0, -share);
    const at::Tensor a = x.select(1, 2 * pair);
    const at::Tensor b = x.select(1, 2 * pair + 1);
    columns.push_back(a * turn.cos() - b * turn.sin());
    columns.push_back(b * turn.cos() + a * turn.sin());
  }
  return at::stack(columns, 1);
}

double gamma_of(const Config& config, std::int64_t head) {
  if (config.decay == Decay::kTorchscale) return 1.0 - std::pow(2.0, -5.0 - static_cast<double>(head));
  const double share = static_cast<double>(head) / static_cast<double>(config.heads - 1);
  return 1.0 - std::exp(std::log(1.0 / 32.0) * (1.0 - share) + std::log(1.0 / 512.0) * share);
}

// One head of one text without padding; query and key [t, K], value [t, E].
at::Tensor head_of(const Config& config, std::int64_t head, const at::Tensor& query, const at::Tensor& key,
                   const at::Tensor& value) {
  const std::int64_t length = query.size(0);
  std::vector<double> factors(static_cast<std::size_t>(length * length), 0.0);
  for (std::int64_t n = 0; n < length; ++n) {
    double sum = 0.0;
    for (std::int64_t m = 0; m <= n; ++m) sum += std::pow(gamma_of(config, head), static_cast<double>(n - m));
    for (std::int64_t m = 0; m <= n; ++m) {
      const double power = std::pow(gamma_of(config, head), static_cast<double>(n - m));
      factors[static_cast<std::size_t>(n * length + m)] = config.scale_decay ? power / std::sqrt(sum) : power;
    }
  }
  const at::Tensor decay = at::tensor(factors, query.options()).view({length, length});
  const double scale = 1.0 / std::sqrt(static_cast<double>(config.key_size()));
  at::Tensor scores = at::matmul(turned(query), turned(key).t()) * scale * decay;
  if (config.scale_rows) scores = scores / scores.detach().sum(1, true).abs().clamp_min(1.0);
  at::Tensor output = at::matmul(scores, value);
  if (config.head_norm == HeadNorm::kLayer) output = output - output.mean(1, true);
  return output / (output.square().mean(1, true) + config.epsilon).sqrt();
}

// One text without padding, [t, ..] -> [t, value width].
at::Tensor text_of(const Config& config, const at::Tensor& mixed) {
  const std::int64_t values = 2 * config.width;
  const std::int64_t gates = values + config.value_width;
  std::vector<at::Tensor> heads;
  for (std::int64_t head = 0; head < config.heads; ++head) {
    const auto part = [&](std::int64_t begin, std::int64_t size) {
      return mixed.narrow(1, begin + head * size, size);
    };
    const at::Tensor gate = part(gates, config.value_size());
    heads.push_back(head_of(config, head, part(0, config.key_size()), part(config.width, config.key_size()),
                            part(values, config.value_size())) *
                    gate * gate.sigmoid());
  }
  return at::cat(heads, 1);
}

at::Tensor normed(const at::Tensor& x, const at::Tensor& weight, double epsilon) {
  return x / (x.square().mean(-1, true) + epsilon).sqrt() * weight;
}

}  // namespace

Config small() {
  Config config;
  config.vocabulary = 19;
  config.layers = 2;
  config.width = 12;
  config.heads = 3;
  config.value_width = 15;
  config.feed_forward = 10;
  config.chunk = 4;
  config.tied = false;
  return config;
}

std::vector<Choice> choices() {
  std::vector<Choice> result = {{"Plain", small()}};
  const auto with = [&](const std::string& name, const std::function<void(Config&)>& change) {
    result.push_back({name, small()});
    change(result.back().config);
  };
  with("PaperDecay", [](Config& config) { config.decay = Decay::kPaper; });
  with("LayerNorm", [](Config& config) { config.head_norm = HeadNorm::kLayer; });
  with("ScaledDecay", [](Config& config) { config.scale_decay = true; });
  with("ScaledRows", [](Config& config) { config.scale_rows = true; });
  with("All", [](Config& config) {
    config.decay = Decay::kPaper;
    config.head_norm = HeadNorm::kLayer;
    config.activation = Activation::kGelu;
    config.scale_decay = config.scale_rows = config.scale_embedding = config.tied = true;
    config.epsilon = 1e-3;
  });
  return result;
}

at::Tensor reference_retention(const Config& config, const at::Tensor& mixed, const at::Tensor& mask) {
  std::vector<at::Tensor> texts;
  for (std::int64_t text = 0; text < mixed.size(0); ++text) {
    if (!mask.defined()) {
      texts.push_back(text_of(config, mixed[text]));
      continue;
    }
    const at::Tensor real = mask[text].nonzero().squeeze(1);
    const at::Tensor rows = text_of(config, mixed[text].index_select(0, real));
    texts.push_back(
        at::zeros({mixed.size(1), config.value_width}, mixed.options()).index_copy(0, real, rows));
  }
  return at::stack(texts);
}

at::Tensor reference_hidden(const Config& config, const Weights& weights, const at::Tensor& ids) {
  at::Tensor x =
      weights.embedding.index_select(0, ids.flatten()).view({ids.size(0), ids.size(1), config.width});
  if (config.scale_embedding) x = x * std::sqrt(static_cast<double>(config.width));
  for (const LayerWeights& layer : weights.layers) {
    const at::Tensor mixed =
        at::matmul(normed(x, layer.retention.norm, config.epsilon), layer.retention.in.t());
    x = x + at::matmul(reference_retention(config, mixed), layer.retention.out.t());
    const at::Tensor wide =
        at::matmul(normed(x, layer.feed_forward.norm, config.epsilon), layer.feed_forward.in.t());
    const at::Tensor first = wide.narrow(2, 0, config.feed_forward);
    const bool gelu = config.activation == Activation::kGelu;
    const at::Tensor open =
        gelu ? first * 0.5 * (1.0 + at::erf(first / std::sqrt(2.0))) : first * first.sigmoid();
    x = x + at::matmul(open * wide.narrow(2, config.feed_forward, config.feed_forward),
                       layer.feed_forward.out.t());
  }
  return normed(x, weights.norm, config.epsilon);
}

at::Tensor begins_of(const std::vector<std::vector<std::int64_t>>& places, std::int64_t length) {
  const at::Tensor begins = at::zeros({static_cast<std::int64_t>(places.size()), length}, at::kBool);
  for (std::size_t text = 0; text < places.size(); ++text) {
    for (const std::int64_t place : places[text]) begins[static_cast<std::int64_t>(text)][place] = true;
  }
  return begins;
}

at::Tensor apart(const at::Tensor& x, const at::Tensor& begins,
                 const std::function<at::Tensor(const at::Tensor&)>& compute) {
  std::vector<at::Tensor> texts;
  for (std::int64_t text = 0; text < x.size(0); ++text) {
    std::vector<at::Tensor> documents;
    std::int64_t first = 0;
    for (std::int64_t end = 1; end <= x.size(1); ++end) {
      if (end < x.size(1) && !begins[text][end].item<bool>()) continue;
      documents.push_back(compute(x.narrow(0, text, 1).narrow(1, first, end - first)));
      first = end;
    }
    texts.push_back(at::cat(documents, 1));
  }
  return at::cat(texts, 0);
}

double distance(const at::Tensor& found, const at::Tensor& expected) {
  const at::Tensor exact = expected.to(at::kDouble);
  return (found.to(at::kDouble) - exact).abs().max().item<double>() / exact.abs().max().item<double>();
}

}  // namespace gistmill::retnet::test
