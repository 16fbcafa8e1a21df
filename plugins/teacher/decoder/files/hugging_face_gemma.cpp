#include "plugins/teacher/decoder/files/hugging_face_gemma.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "plugins/teacher/decoder/files/activations.hpp"
#include "plugins/teacher/decoder/files/hugging_face_rotary.hpp"

namespace gistmill::decoder {
namespace {

// Defaults of transformers' class Gemma3TextConfig (5.2.0).
constexpr double kBase = 1000000.0;
constexpr double kWindowedBase = 10000.0;
constexpr std::int64_t kPattern = 6;  // every sixth layer sees all

// Gemma3's two kinds of layers; a list of them, or a rule.
void read_windows(const JsonObject& json, Config& config) {
  if (config.layers > kMostLayers) json.wrong("num_hidden_layers", "at most " + std::to_string(kMostLayers));
  const std::vector<std::string> types = json.strings("layer_types");
  const std::int64_t pattern =
      json.integer_or("sliding_window_pattern", json.integer_or("_sliding_window_pattern", kPattern));
  if (types.empty() && pattern < 1) json.wrong("sliding_window_pattern", "1 or more");
  if (!types.empty() && static_cast<std::int64_t>(types.size()) != config.layers)
    json.wrong("layer_types", "a list of " + std::to_string(config.layers));
  for (std::int64_t layer = 0; layer < config.layers; ++layer) {
    const std::string type = types.empty() ? "" : types[static_cast<std::size_t>(layer)];
    if (!types.empty() && type != "sliding_attention" && type != "full_attention")
      json.wrong("layer_types", "\"sliding_attention\" or \"full_attention\" for every layer");
    if (types.empty() ? (layer + 1) % pattern != 0 : type == "sliding_attention")
      config.windowed_layers.push_back(layer);
  }
  config.window = json.integer_or("sliding_window", 4096);
  if (config.window < 1) json.wrong("sliding_window", "1 or more");
}

// rope_theta, rope_scaling and rope_local_base_freq, or rope_parameters with an object for each kind of
// layers (transformers 5).
void read_rotary(const JsonObject& json, ModelPlan& plan) {
  const std::int64_t context = plan.config.context;
  const double windowed_base = json.number_or("rope_local_base_freq", kWindowedBase);
  const auto parameters = json.object("rope_parameters");
  const bool nested =
      parameters && (parameters->has("full_attention") || parameters->has("sliding_attention"));
  plan.windowed_rotary.base = windowed_base;
  if (!nested) {
    plan.rotary = read_hugging_face_rotary(json, kBase, context);
    return;
  }
  plan.rotary.base = json.number_or("rope_theta", kBase);
  json.expect("rope_scaling", nullptr);
  if (const auto full = parameters->object("full_attention"))
    plan.rotary = read_rotary_parameters(*full, plan.rotary.base, context);
  if (const auto windowed = parameters->object("sliding_attention"))
    plan.windowed_rotary = read_rotary_parameters(*windowed, windowed_base, context);
}

}  // namespace

void put_gemma_constants(Config* config) {
  config->architecture = "gemma3_text";
  config->feed_forward_kind = FeedForwardKind::kGatedGelu;
  config->query_key_norm = true;
  config->output_norms = true;
  config->embedding_scale = std::sqrt(static_cast<double>(std::max<std::int64_t>(config->width, 1)));
}

ModelPlan read_gemma(const JsonObject& json) {
  ModelPlan plan;
  Config& config = plan.config;
  config.vocabulary = json.integer_or("vocab_size", 262208);
  config.width = json.integer_or("hidden_size", 2304);
  config.layers = json.integer_or("num_hidden_layers", 26);
  config.heads = json.integer_or("num_attention_heads", 8);
  config.kv_heads = json.integer_or("num_key_value_heads", 4);
  config.head_size = json.integer_or("head_dim", 256);
  config.feed_forward = json.integer_or("intermediate_size", 9216);
  config.context = json.integer_or("max_position_embeddings", 131072);
  config.norm_epsilon = json.number_or("rms_norm_eps", 1e-6);
  const double scalar = json.number_or("query_pre_attn_scalar", 256.0);
  if (!(scalar > 0.0)) json.wrong("query_pre_attn_scalar", "above 0");
  config.score_scale = 1.0 / std::sqrt(scalar);
  put_gemma_constants(&config);
  read_windows(json, config);
  read_rotary(json, plan);
  if (!is_tanh_gelu(json.string_or("hidden_activation", "gelu_pytorch_tanh")))
    json.wrong("hidden_activation", "\"gelu_pytorch_tanh\"");
  json.expect("attn_logit_softcapping", nullptr);
  json.expect("final_logit_softcapping", nullptr);
  json.expect("use_bidirectional_attention", false);
  plan.layout.own_head = !json.boolean_or("tie_word_embeddings", true);
  plan.layout.qkv_bias = plan.layout.output_bias = json.boolean_or("attention_bias", false);
  return plan;
}

}  // namespace gistmill::decoder
