#include "plugins/teacher/decoder/files/layout.hpp"

#include <ATen/Parallel.h>
#include <c10/core/ScalarType.h>

#include <algorithm>
#include <gistmill/plugin/values.hpp>
#include <limits>

#include "plugins/teacher/decoder/files/refusal.hpp"
#include "plugins/teacher/decoder/weights.hpp"

namespace gistmill::decoder {
namespace {

std::int64_t elements(const NamedShape& tensor) {
  std::int64_t count = 1;
  for (const std::int64_t size : tensor.shape) count *= size;
  return count;
}

class Listing {
 public:
  explicit Listing(const ModelPlan& plan) : config_(plan.config), layout_(plan.layout) {}

  std::vector<NamedShape> take() && {
    const std::int64_t width = config_.width;
    add("token_embd.weight", {config_.vocabulary, width});
    if (config_.positions == PositionKind::kLearned) add("position_embd.weight", {config_.context, width});
    norm("output_norm");
    if (layout_.own_head) add("output.weight", {config_.vocabulary, width});
    for (std::int64_t layer = 0; layer < config_.layers; ++layer) add_layer(layer);
    return std::move(tensors_);
  }

 private:
  void add(const std::string& name, std::vector<std::int64_t> shape) {
    tensors_.push_back({name, std::move(shape)});
  }
  void norm(const std::string& name) {
    add(name + ".weight", {config_.width});
    if (config_.norm == NormKind::kLayer) add(name + ".bias", {config_.width});
  }
  void linear(const std::string& name, std::int64_t rows, std::int64_t columns, bool bias) {
    add(name + ".weight", {rows, columns});
    if (bias) add(name + ".bias", {rows});
  }

  void add_layer(std::int64_t layer) {
    const auto name = [layer](const char* part) { return layer_tensor(layer, part); };
    const std::int64_t width = config_.width;
    norm(name("attn_norm"));
    linear(name("attn_q"), config_.query_width(), width, layout_.qkv_bias);
    linear(name("attn_k"), config_.key_width(), width, layout_.qkv_bias);
    linear(name("attn_v"), config_.key_width(), width, layout_.qkv_bias);
    if (config_.query_key_norm) {
      add(name("attn_q_norm.weight"), {config_.head_size});
      add(name("attn_k_norm.weight"), {config_.head_size});
    }
    linear(name("attn_output"), width, config_.query_width(), layout_.output_bias);
    if (config_.output_norms) norm(name("post_attention_norm"));
    norm(name("ffn_norm"));
    if (config_.is_gated()) linear(name("ffn_gate"), config_.feed_forward, width, layout_.feed_bias);
    linear(name("ffn_up"), config_.feed_forward, width, layout_.feed_bias);
    linear(name("ffn_down"), width, config_.feed_forward, layout_.feed_bias);
    if (config_.output_norms) norm(name("post_ffw_norm"));
  }

  const Config& config_;
  const Layout& layout_;
  std::vector<NamedShape> tensors_;
};

// Before rotary.hpp takes one for each pair of a head.
void check_factors(const std::string& file, const Rotary& rotary, std::int64_t head_size) {
  if (rotary.scaling != Rotary::Scaling::kLong) return;
  const auto check = [&](const char* key, const std::vector<double>& factors) {
    if (static_cast<std::int64_t>(factors.size()) == head_size / 2) return;
    refuse(file + ": " + key + " has " + std::to_string(factors.size()) + " numbers when it should have " +
           std::to_string(head_size / 2) + ", one for each pair of a head");
  };
  check("short_factor", rotary.factors);
  check("long_factor", rotary.long_factors);
}

}  // namespace

std::vector<NamedShape> tensors_of(const ModelPlan& plan) { return Listing(plan).take(); }

std::int64_t parameters_of(const ModelPlan& plan) {
  std::int64_t count = 0;
  for (const NamedShape& tensor : tensors_of(plan)) count += elements(tensor);
  return count;
}

std::int64_t weight_bytes(const ModelPlan& plan, at::ScalarType dtype) {
  const auto wide = static_cast<std::int64_t>(c10::elementSize(at::kFloat));
  const auto narrow = static_cast<std::int64_t>(c10::elementSize(dtype));
  std::int64_t bytes = 0;
  for (const NamedShape& tensor : tensors_of(plan)) {
    const bool is_norm = tensor.name.find("norm.") != std::string::npos;
    bytes += elements(tensor) * (is_norm ? wide : narrow);
  }
  return bytes;
}

std::int64_t load_bytes(const ModelPlan& plan, at::ScalarType dtype) {
  std::int64_t largest = 0;  // of a layer: the embedding is read alone, before the layers are there
  for (const NamedShape& tensor : tensors_of(plan)) {
    if (tensor.name.starts_with("blk.")) largest = std::max(largest, elements(tensor));
  }
  const auto element = static_cast<std::int64_t>(c10::elementSize(at::kFloat));
  return weight_bytes(plan, dtype) + largest * element * at::get_num_threads();
}

void complete(ModelPlan& plan, const std::string& file, std::size_t tensors) {
  Config& config = plan.config;
  const auto fits = [&](const char* what, std::int64_t value, std::int64_t most) {
    if (value <= most) return;
    refuse(file + ": " + what + " is " + std::to_string(value) + " when it should be at most " +
           std::to_string(most));
  };
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  fits("the vocabulary", config.vocabulary, kMost);
  fits("the embedding length", config.width, kMost);
  fits("the number of heads", config.heads, kMost);
  fits("the number of key/value heads", config.kv_heads, kMost);
  fits("the size of a head", config.head_size, 65536);
  fits("the feed-forward length", config.feed_forward, kMost);
  fits("the context length", config.context, kMost);
  if (config.layers > static_cast<std::int64_t>(tensors)) {
    refuse(file + ": says that it has " + std::to_string(config.layers) + " layers, but holds only " +
           std::to_string(tensors) + " tensors");
  }
  if (config.positions == PositionKind::kRotary) {
    check_factors(file, plan.rotary, config.head_size);
    check_factors(file, plan.windowed_rotary, config.head_size);
    config.rotary_frequencies = frequencies(plan.rotary, config.head_size);
    config.rotary_magnitude = plan.rotary.magnitude;
    if (!config.windowed_layers.empty()) {
      config.windowed_frequencies = frequencies(plan.windowed_rotary, config.head_size);
      config.windowed_magnitude = plan.windowed_rotary.magnitude;
    }
  }
  try {
    check(config);
  } catch (const Error& error) {
    refuse(file + ": " + error.what());
  }
}

}  // namespace gistmill::decoder
