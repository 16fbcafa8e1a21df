#include "plugins/teacher/decoder/weights.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

namespace gistmill::decoder {
namespace {

using Parts = std::vector<std::pair<std::string, std::int64_t>>;  // name without ".weight", rows

// Reads what one model needs from a source.
class Loader {
 public:
  Loader(const Config& config, const TensorSource& source, at::ScalarType dtype, Packing packing)
      : config_(config), source_(source), dtype_(dtype), packing_(packing) {}

  std::shared_ptr<PackedWeight> packed() const {
    return packing_ == Packing::kMatrices ? std::make_shared<PackedWeight>() : nullptr;
  }

  // Matrices [rows_i, columns] under one another, in the compute type.
  at::Tensor matrix(std::int64_t columns, const Parts& parts) const {
    at::Tensor result = at::empty({rows_of(parts), columns}, at::TensorOptions().dtype(dtype_));
    std::int64_t first = 0;
    for (const auto& [name, rows] : parts) {
      source_.read_into(name + ".weight", result.narrow(0, first, rows));
      first += rows;
    }
    return result;
  }

  Projection projection(std::int64_t columns, const Parts& parts) const {
    Projection result;
    result.weight = matrix(columns, parts);
    result.packed = packed();
    result.bias = bias(parts);
    for (const auto& [name, rows] : parts) {
      const std::optional<StoredMatrix> stored = source_.stored(name + ".weight");
      if (!stored || !can_multiply(stored->type) || columns % 32 != 0) {
        result.stored.clear();
        break;
      }
      result.stored.push_back(*stored);
    }
    return result;
  }

  Norm norm(const std::string& name) const {
    Norm result;
    result.weight = source_.read(name + ".weight", {config_.width});
    if (config_.norm == NormKind::kLayer) result.bias = source_.read(name + ".bias", {config_.width});
    return result;
  }

  LayerWeights layer(std::int64_t index) const {
    const auto name = [index](const char* part) { return layer_tensor(index, part); };
    LayerWeights weights;
    weights.attention_norm = norm(name("attn_norm"));
    weights.qkv = projection(config_.width, {{name("attn_q"), config_.query_width()},
                                             {name("attn_k"), config_.key_width()},
                                             {name("attn_v"), config_.key_width()}});
    if (config_.query_key_norm) {
      weights.query_norm = source_.read(name("attn_q_norm.weight"), {config_.head_size});
      weights.key_norm = source_.read(name("attn_k_norm.weight"), {config_.head_size});
    }
    weights.output = projection(config_.query_width(), {{name("attn_output"), config_.width}});
    if (config_.output_norms) weights.attention_output_norm = norm(name("post_attention_norm"));
    weights.feed_norm = norm(name("ffn_norm"));
    Parts up;
    if (config_.is_gated()) up.push_back({name("ffn_gate"), config_.feed_forward});
    up.push_back({name("ffn_up"), config_.feed_forward});
    weights.up = projection(config_.width, up);
    weights.down = projection(config_.feed_forward, {{name("ffn_down"), config_.width}});
    if (config_.output_norms) weights.feed_output_norm = norm(name("post_ffw_norm"));
    return weights;
  }

 private:
  static std::int64_t rows_of(const Parts& parts) {
    std::int64_t rows = 0;
    for (const auto& part : parts) rows += part.second;
    return rows;
  }

  // Undefined where no part has one; zero for parts that have none beside one that has.
  at::Tensor bias(const Parts& parts) const {
    bool any = false;
    for (const auto& part : parts) any = any || source_.contains(part.first + ".bias");
    if (!any) return {};
    at::Tensor result = at::zeros({rows_of(parts)}, at::TensorOptions().dtype(dtype_));
    std::int64_t first = 0;
    for (const auto& [name, rows] : parts) {
      if (source_.contains(name + ".bias")) {
        result.narrow(0, first, rows).copy_(source_.read(name + ".bias", {rows}));
      }
      first += rows;
    }
    return result;
  }

  const Config& config_;
  const TensorSource& source_;
  at::ScalarType dtype_;
  Packing packing_;
};

}  // namespace

std::string layer_tensor(std::int64_t layer, const std::string& part) {
  return "blk." + std::to_string(layer) + "." + part;
}

Weights load_weights(const Config& config, std::shared_ptr<const TensorSource> source, at::ScalarType dtype,
                     Packing packing) {
  const at::NoGradGuard no_grad;
  const Loader loader(config, *source, dtype, packing);
  Weights weights;
  weights.embedding = loader.matrix(config.width, {{"token_embd", config.vocabulary}});
  if (config.positions == PositionKind::kLearned) {
    weights.position_embedding = loader.matrix(config.width, {{"position_embd", config.context}});
  }
  if (source->contains("output.weight")) {
    weights.head = loader.projection(config.width, {{"output", config.vocabulary}});
  } else {
    weights.head.weight = weights.embedding;
    weights.head.packed = loader.packed();
    const std::optional<StoredMatrix> stored = source->stored("token_embd.weight");
    if (stored && can_multiply(stored->type) && config.width % 32 == 0) weights.head.stored = {*stored};
  }
  weights.final_norm = loader.norm("output_norm");
  weights.layers.resize(static_cast<std::size_t>(config.layers));
  at::parallel_for(0, config.layers, 1, [&](std::int64_t begin, std::int64_t end) {
    const at::NoGradGuard no_grad_here;  // thread-local
    for (std::int64_t layer = begin; layer < end; ++layer) {
      weights.layers[static_cast<std::size_t>(layer)] = loader.layer(layer);
    }
  });
  weights.source = std::move(source);
  return weights;
}

}  // namespace gistmill::decoder
