#include "plugins/teacher/llama/weights.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

namespace gistmill::llama {
namespace {

// Stacks matrices [rows_i, columns] under one another, in the compute type.
at::Tensor stacked(const TensorSource& source, at::ScalarType dtype, std::int64_t columns,
                   const std::vector<std::pair<std::string, std::int64_t>>& parts) {
  std::int64_t rows = 0;
  for (const auto& part : parts) rows += part.second;
  at::Tensor result = at::empty({rows, columns}, at::TensorOptions().dtype(dtype));
  std::int64_t first = 0;
  for (const auto& [name, count] : parts) {
    result.narrow(0, first, count).copy_(source.read(name, {count, columns}));
    first += count;
  }
  return result;
}

LayerWeights load_layer(const Config& config, const TensorSource& source, at::ScalarType dtype,
                        std::int64_t layer) {
  const auto name = [layer](const char* part) { return layer_tensor(layer, part); };
  const std::int64_t width = config.width;
  const std::int64_t queries = config.heads * config.head_size();
  const std::int64_t keys = config.kv_heads * config.head_size();
  LayerWeights weights;
  weights.attention_norm = source.read(name("attn_norm"), {width});
  weights.qkv = stacked(source, dtype, width,
                        {{name("attn_q"), queries}, {name("attn_k"), keys}, {name("attn_v"), keys}});
  weights.output = stacked(source, dtype, queries, {{name("attn_output"), width}});
  weights.feed_norm = source.read(name("ffn_norm"), {width});
  weights.gate_up = stacked(source, dtype, width,
                            {{name("ffn_gate"), config.feed_forward}, {name("ffn_up"), config.feed_forward}});
  weights.down = stacked(source, dtype, config.feed_forward, {{name("ffn_down"), width}});
  return weights;
}

}  // namespace

std::string layer_tensor(std::int64_t layer, const std::string& part) {
  return "blk." + std::to_string(layer) + "." + part + ".weight";
}

Weights load_weights(const Config& config, const TensorSource& source, at::ScalarType dtype) {
  const at::NoGradGuard no_grad;
  Weights weights;
  weights.embedding = stacked(source, dtype, config.width, {{"token_embd.weight", config.vocabulary}});
  weights.head = source.contains("output.weight")
                     ? stacked(source, dtype, config.width, {{"output.weight", config.vocabulary}})
                     : weights.embedding;
  weights.final_norm = source.read("output_norm.weight", {config.width});
  weights.layers.resize(static_cast<std::size_t>(config.layers));
  at::parallel_for(0, config.layers, 1, [&](std::int64_t begin, std::int64_t end) {
    const at::NoGradGuard no_grad_here;  // thread-local
    for (std::int64_t layer = begin; layer < end; ++layer) {
      weights.layers[static_cast<std::size_t>(layer)] = load_layer(config, source, dtype, layer);
    }
  });
  return weights;
}

}  // namespace gistmill::llama
