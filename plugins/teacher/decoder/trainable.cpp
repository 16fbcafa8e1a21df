#include "plugins/teacher/decoder/trainable.hpp"

#include <ATen/ATen.h>

namespace gistmill::decoder {

void replace_weights(Weights& weights,
                     const std::function<at::Tensor(const std::string& name, const at::Tensor& tensor,
                                                    bool decays)>& replace) {
  const auto put = [&](const std::string& name, at::Tensor& tensor, bool decays) {
    if (tensor.defined()) tensor = replace(name, tensor, decays);
  };
  const auto norm = [&](const std::string& name, Norm& part) {
    put(name + ".weight", part.weight, false);
    put(name + ".bias", part.bias, false);
  };
  const auto projection = [&](const std::string& name, Projection& part) {
    put(name + ".weight", part.weight, true);
    put(name + ".bias", part.bias, false);
    part.weight_changed();
  };
  const bool tied = weights.head.weight.is_same(weights.embedding);
  put("token_embd.weight", weights.embedding, true);
  put("position_embd.weight", weights.position_embedding, true);
  for (std::size_t i = 0; i < weights.layers.size(); ++i) {
    LayerWeights& layer = weights.layers[i];
    const auto name = [i](const char* part) { return layer_tensor(static_cast<std::int64_t>(i), part); };
    norm(name("attn_norm"), layer.attention_norm);
    projection(name("attn_qkv"), layer.qkv);
    put(name("attn_q_norm.weight"), layer.query_norm, false);
    put(name("attn_k_norm.weight"), layer.key_norm, false);
    projection(name("attn_output"), layer.output);
    norm(name("post_attention_norm"), layer.attention_output_norm);
    norm(name("ffn_norm"), layer.feed_norm);
    projection(name("ffn_gate_up"), layer.up);
    projection(name("ffn_down"), layer.down);
    norm(name("post_ffw_norm"), layer.feed_output_norm);
  }
  norm("output_norm", weights.final_norm);
  if (tied) {
    weights.head.weight = weights.embedding;
    weights.head.weight_changed();
  } else {
    projection("output", weights.head);
  }
}

void train_rows(Weights& weights, std::shared_ptr<const TrainedRows> rows) {
  if (weights.head.weight.is_same(weights.embedding)) weights.head.trained = rows;
  weights.trained = std::move(rows);
}

}  // namespace gistmill::decoder
