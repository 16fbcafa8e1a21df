#include "tests/plugins/teacher/decoder/reference.hpp"

#include <cmath>

namespace gistmill::decoder::test {

namespace {

at::Tensor f64(const at::Tensor& tensor) { return tensor.defined() ? tensor.to(at::kDouble) : tensor; }

at::Tensor linear(const at::Tensor& rows, const Projection& projection) {
  const at::Tensor product = at::matmul(rows, projection.weight.to(at::kDouble).t());
  return projection.bias.defined() ? product + projection.bias.to(at::kDouble) : product;
}

at::Tensor root_mean_square_norm(const at::Tensor& rows, const at::Tensor& weight, double epsilon) {
  return rows * (rows.square().mean(-1, true) + epsilon).rsqrt() * weight.to(at::kDouble);
}

}  // namespace

at::Tensor Reference::embed(const at::Tensor& tokens) const {
  return weights_.embedding.to(at::kDouble).index_select(0, tokens.to(at::kLong)) * config_.embedding_scale;
}

at::Tensor Reference::head() const { return weights_.head.weight.to(at::kDouble); }

at::Tensor Reference::norm(const at::Tensor& rows, const Norm& norm) const {
  if (config_.norm == NormKind::kRms) return root_mean_square_norm(rows, norm.weight, config_.norm_epsilon);
  const at::Tensor centered = rows - rows.mean(-1, true);
  const at::Tensor scale = (centered.square().mean(-1, true) + config_.norm_epsilon).rsqrt();
  return centered * scale * f64(norm.weight) + f64(norm.bias);
}

// heads [n, heads, E]
at::Tensor Reference::rotate(std::int64_t layer, const at::Tensor& heads, const at::Tensor& positions) const {
  const at::Tensor frequencies = at::tensor(config_.frequencies_of(layer), at::kDouble);
  const at::Tensor angles = at::outer(positions.to(at::kDouble), frequencies).unsqueeze(1);
  const at::Tensor pairs = heads.reshape({heads.size(0), heads.size(1), config_.head_size / 2, 2});
  const at::Tensor first = pairs.select(3, 0);
  const at::Tensor second = pairs.select(3, 1);
  const at::Tensor turned = at::stack({first * at::cos(angles) - second * at::sin(angles),
                                       first * at::sin(angles) + second * at::cos(angles)},
                                      3);
  return turned.reshape(heads.sizes()) * config_.magnitude_of(layer);
}

at::Tensor Reference::attend(std::int64_t index, const at::Tensor& qkv, const at::Tensor& positions,
                             std::vector<at::Tensor>* all_weights) const {
  const LayerWeights& layer = weights_.layers[static_cast<std::size_t>(index)];
  const std::int64_t rows = qkv.size(0);
  const std::int64_t size = config_.head_size;
  const auto parts =
      qkv.split_with_sizes({config_.query_width(), config_.key_width(), config_.key_width()}, 1);
  const auto placed = [&](const at::Tensor& part, std::int64_t count, const at::Tensor& weight) {
    at::Tensor heads = part.reshape({rows, count, size});
    if (config_.query_key_norm) heads = root_mean_square_norm(heads, weight, config_.norm_epsilon);
    return config_.rotates(index) ? rotate(index, heads, positions) : heads;
  };
  const auto repeated = [&](const at::Tensor& heads) {
    return heads.repeat_interleave(config_.group(), 1).transpose(0, 1);
  };
  const at::Tensor queries = placed(parts[0], config_.heads, layer.query_norm).transpose(0, 1);
  const at::Tensor keys = repeated(placed(parts[1], config_.kv_heads, layer.key_norm));
  const at::Tensor values = repeated(parts[2].reshape({rows, config_.kv_heads, size}));
  at::Tensor hidden = at::ones({rows, rows}, at::kBool).triu(1);
  if (const std::int64_t window = config_.window_of(index); window > 0) {
    const at::Tensor places = positions.to(at::kLong);
    hidden = hidden.logical_or(places.unsqueeze(0).le(places.unsqueeze(1) - window));
  }
  const at::Tensor scores = at::matmul(queries, keys.transpose(1, 2)) * config_.attention_scale();
  const at::Tensor weights = at::softmax(scores.masked_fill(hidden, -INFINITY), 2);
  if (all_weights != nullptr) all_weights->push_back(weights);
  return at::matmul(weights, values).transpose(0, 1).reshape({rows, config_.query_width()});
}

at::Tensor Reference::hidden(const at::Tensor& embeddings, const at::Tensor& positions,
                             std::vector<at::Tensor>* states, std::vector<at::Tensor>* weights) const {
  at::Tensor rows = embeddings.to(at::kDouble);
  if (config_.positions == PositionKind::kLearned) {
    rows = rows + weights_.position_embedding.to(at::kDouble).index_select(0, positions.to(at::kLong));
  }
  if (states != nullptr) states->push_back(rows);
  for (std::int64_t i = 0; i < config_.layers; ++i) {
    const LayerWeights& layer = weights_.layers[static_cast<std::size_t>(i)];
    const at::Tensor qkv = linear(norm(rows, layer.attention_norm), layer.qkv);
    const auto behind = [&](const at::Tensor& part, const Norm& output) {
      return output.weight.defined() ? norm(part, output) : part;
    };
    rows =
        rows + behind(linear(attend(i, qkv, positions, weights), layer.output), layer.attention_output_norm);
    at::Tensor inner = linear(norm(rows, layer.feed_norm), layer.up);
    if (config_.is_gated()) {
      const auto halves = inner.chunk(2, 1);
      const bool silu = config_.feed_forward_kind == FeedForwardKind::kGatedSilu;
      inner = (silu ? at::silu(halves[0]) : at::gelu(halves[0], "tanh")) * halves[1];
    } else {
      inner = at::gelu(inner, "tanh");
    }
    rows = rows + behind(linear(inner, layer.down), layer.feed_output_norm);
    if (states != nullptr) states->push_back(rows);
  }
  return norm(rows, weights_.final_norm);
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

}  // namespace gistmill::decoder::test
