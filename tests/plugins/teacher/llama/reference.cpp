#include "tests/plugins/teacher/llama/reference.hpp"

#include <cmath>

namespace gistmill::llama::test {

Reference::Reference(const Config& config, const Weights& weights)
    : config_(config),
      embedding_(weights.embedding.to(at::kDouble)),
      head_(weights.head.to(at::kDouble)),
      final_norm_(weights.final_norm.to(at::kDouble)) {
  for (const LayerWeights& layer : weights.layers) {
    layers_.push_back({layer.attention_norm.to(at::kDouble), layer.qkv.to(at::kDouble),
                       layer.output.to(at::kDouble), layer.feed_norm.to(at::kDouble),
                       layer.gate_up.to(at::kDouble), layer.down.to(at::kDouble)});
  }
}

at::Tensor Reference::norm(const at::Tensor& rows, const at::Tensor& weight) const {
  return rows * (rows.square().mean(1, true) + config_.norm_epsilon).rsqrt() * weight;
}

// heads [n, heads, E]
at::Tensor Reference::rotate(const at::Tensor& heads, const at::Tensor& positions) const {
  const std::int64_t half = config_.head_size() / 2;
  const at::Tensor frequencies =
      at::pow(config_.rope_base, -at::arange(half, at::kDouble) / static_cast<double>(half));
  const at::Tensor angles = at::outer(positions.to(at::kDouble), frequencies).unsqueeze(1);
  const at::Tensor pairs = heads.reshape({heads.size(0), heads.size(1), half, 2});
  const at::Tensor first = pairs.select(3, 0);
  const at::Tensor second = pairs.select(3, 1);
  return at::stack({first * at::cos(angles) - second * at::sin(angles),
                    first * at::sin(angles) + second * at::cos(angles)},
                   3)
      .reshape(heads.sizes());
}

at::Tensor Reference::attend(const at::Tensor& qkv, const at::Tensor& positions) const {
  const std::int64_t rows = qkv.size(0);
  const std::int64_t size = config_.head_size();
  const auto parts =
      qkv.split_with_sizes({config_.heads * size, config_.kv_heads * size, config_.kv_heads * size}, 1);
  const at::Tensor queries = rotate(parts[0].reshape({rows, config_.heads, size}), positions).transpose(0, 1);
  const auto repeated = [&](const at::Tensor& heads) {
    return heads.repeat_interleave(config_.group(), 1).transpose(0, 1);
  };
  const at::Tensor keys = repeated(rotate(parts[1].reshape({rows, config_.kv_heads, size}), positions));
  const at::Tensor values = repeated(parts[2].reshape({rows, config_.kv_heads, size}));
  const at::Tensor future = at::ones({rows, rows}, at::kBool).triu(1);
  const at::Tensor scores = at::matmul(queries, keys.transpose(1, 2)) / std::sqrt(static_cast<double>(size));
  const at::Tensor weights = at::softmax(scores.masked_fill(future, -INFINITY), 2);
  return at::matmul(weights, values).transpose(0, 1).reshape({rows, config_.heads * size});
}

at::Tensor Reference::hidden(const at::Tensor& embeddings, const at::Tensor& positions,
                             std::vector<at::Tensor>* states) const {
  at::Tensor rows = embeddings.to(at::kDouble);
  if (states != nullptr) states->push_back(rows);
  for (const LayerWeights& layer : layers_) {
    const at::Tensor qkv = at::matmul(norm(rows, layer.attention_norm), layer.qkv.t());
    rows = rows + at::matmul(attend(qkv, positions), layer.output.t());
    const auto halves = at::matmul(norm(rows, layer.feed_norm), layer.gate_up.t()).chunk(2, 1);
    rows = rows + at::matmul(at::silu(halves[0]) * halves[1], layer.down.t());
    if (states != nullptr) states->push_back(rows);
  }
  return norm(rows, final_norm_);
}

Replaced replace_span(const Reference& reference, const at::Tensor& tokens, std::int64_t start,
                      std::int64_t span, const at::Tensor& gist, const at::Tensor& offsets) {
  const std::int64_t length = tokens.size(0);
  const at::Tensor embeddings = reference.embed(tokens);
  const std::int64_t behind = start + span;
  return {at::cat({embeddings.narrow(0, 0, start), gist.to(at::kDouble),
                   embeddings.narrow(0, behind, length - behind)}),
          at::cat({at::arange(start, at::kLong), offsets.to(at::kLong) + start,
                   at::arange(behind, length, at::kLong)})};
}

at::Tensor nll(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets) {
  const at::Tensor logits = at::log_softmax(at::matmul(hidden.to(at::kDouble), head.to(at::kDouble).t()), 1);
  return -logits.gather(1, targets.to(at::kLong).unsqueeze(1)).squeeze(1);
}

}  // namespace gistmill::llama::test
