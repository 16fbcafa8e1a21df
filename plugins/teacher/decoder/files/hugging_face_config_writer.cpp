// config.json from a plan. Keys are those of transformers 4, which version 5 reads as well.
#include <algorithm>
#include <cmath>
#include <gistmill/plugin/values.hpp>

#include "plugins/teacher/decoder/files/hugging_face_config.hpp"

namespace gistmill::decoder {
namespace {

using nlohmann::json;

json end_tokens_of(const Config& config) {
  if (config.end_tokens.empty()) return nullptr;
  if (config.end_tokens.size() == 1) return config.end_tokens.front();
  return config.end_tokens;
}

// GGUF keeps Llama 3's scaling as one factor a frequency. Llama 3.1 and 3.2 differ in the largest factor
// only; the rest is taken from them if it gives the same factors.
Rotary scaling_of(const Rotary& rotary, std::int64_t head_size, const std::string& key) {
  if (rotary.scaling != Rotary::Scaling::kFactors) return rotary;
  Rotary guess = rotary;
  guess.scaling = Rotary::Scaling::kLlama3;
  guess.factor = std::round(*std::max_element(rotary.factors.begin(), rotary.factors.end()));
  guess.original_context = 8192.0;
  const std::vector<double> right = frequencies(rotary, head_size);
  const std::vector<double> found = frequencies(guess, head_size);
  for (std::size_t i = 0; i < right.size(); ++i) {
    if (std::abs(found[i] / right[i] - 1.0) > 1e-4) {
      throw Error(
          GM_ERROR_USER,
          "the model's rotary positions are scaled by factors that no key of config.json says; take the "
          "model from its Hugging Face folder instead of GGUF",
          key);
    }
  }
  return guess;
}

json rope_scaling_of(const Rotary& rotary) {
  if (rotary.scaling == Rotary::Scaling::kLinear) {
    return {{"type", "linear"}, {"rope_type", "linear"}, {"factor", rotary.factor}};
  }
  if (rotary.scaling == Rotary::Scaling::kNone) return nullptr;
  if (rotary.scaling == Rotary::Scaling::kDynamic)
    return {{"type", "dynamic"}, {"rope_type", "dynamic"}, {"factor", rotary.factor}};
  const auto original = static_cast<std::int64_t>(rotary.original_context);
  if (rotary.scaling == Rotary::Scaling::kYarn) {
    return {{"rope_type", "yarn"},
            {"factor", rotary.factor},
            {"original_max_position_embeddings", original},
            {"attention_factor", rotary.magnitude},
            {"beta_fast", rotary.beta_fast},
            {"beta_slow", rotary.beta_slow},
            {"truncate", rotary.whole_pairs}};
  }
  if (rotary.scaling == Rotary::Scaling::kLong) {
    return {{"rope_type", "longrope"},
            {"factor", rotary.factor},
            {"original_max_position_embeddings", original},
            {"attention_factor", rotary.magnitude},
            {"short_factor", rotary.factors},
            {"long_factor", rotary.long_factors}};
  }
  return {{"rope_type", "llama3"},
          {"factor", rotary.factor},
          {"low_freq_factor", rotary.low_frequency_factor},
          {"high_freq_factor", rotary.high_frequency_factor},
          {"original_max_position_embeddings", original}};
}

json gpt2_config(const Config& config) {
  return {{"architectures", {"GPT2LMHeadModel"}},
          {"n_embd", config.width},
          {"n_layer", config.layers},
          {"n_head", config.heads},
          {"n_inner", config.feed_forward},
          {"n_positions", config.context},
          {"layer_norm_epsilon", config.norm_epsilon},
          {"activation_function", "gelu_new"}};
}

// What every family but GPT-2 names alike.
json common_config(const Config& config, const Rotary& rotary) {
  return {{"hidden_size", config.width},
          {"num_hidden_layers", config.layers},
          {"num_attention_heads", config.heads},
          {"num_key_value_heads", config.kv_heads},
          {"head_dim", config.head_size},
          {"intermediate_size", config.feed_forward},
          {"max_position_embeddings", config.context},
          {"rms_norm_eps", config.norm_epsilon},
          {"rope_theta", rotary.base},
          {"rope_scaling", rope_scaling_of(rotary)}};
}

json gemma_config(const ModelPlan& plan, const std::string& key) {
  const Config& config = plan.config;
  const double scale = config.attention_scale();
  json types = json::array();
  for (std::int64_t layer = 0; layer < config.layers; ++layer)
    types.push_back(config.window_of(layer) > 0 ? "sliding_attention" : "full_attention");
  const Rotary rotary = scaling_of(plan.rotary, config.head_size, key);
  json result = common_config(config, rotary);
  result["architectures"] = {"Gemma3ForCausalLM"};
  result["hidden_activation"] = "gelu_pytorch_tanh";
  result["query_pre_attn_scalar"] = static_cast<std::int64_t>(std::lround(1.0 / (scale * scale)));
  result["sliding_window"] = config.window;
  result["layer_types"] = types;
  result["attention_bias"] = plan.layout.qkv_bias;
  result["rope_local_base_freq"] = plan.windowed_rotary.base;
  return result;
}

json llama_like_config(const ModelPlan& plan, const std::string& key) {
  const Config& config = plan.config;
  const Rotary rotary = scaling_of(plan.rotary, config.head_size, key);
  json result = common_config(config, rotary);
  result["hidden_act"] = "silu";
  const std::string& type = config.architecture;
  if (type == "llama") result["architectures"] = {"LlamaForCausalLM"};
  if (type == "qwen2") result["architectures"] = {"Qwen2ForCausalLM"};
  if (type == "qwen3") result["architectures"] = {"Qwen3ForCausalLM"};
  if (type == "mistral") result["architectures"] = {"MistralForCausalLM"};
  if (type == "smollm3") {
    result["architectures"] = {"SmolLM3ForCausalLM"};
    json rotates = json::array();
    for (std::int64_t layer = 0; layer < config.layers; ++layer)
      rotates.push_back(config.rotates(layer) ? 1 : 0);
    result["no_rope_layers"] = rotates;
  }
  if (type != "qwen2" && type != "mistral") result["attention_bias"] = plan.layout.qkv_bias;
  if (type == "llama" || type == "smollm3") result["mlp_bias"] = plan.layout.feed_bias;
  return result;
}

}  // namespace

json write_hugging_face_config(const ModelPlan& plan, const std::string& key) {
  const bool gpt2 = plan.config.architecture == "gpt2";
  if (!gpt2 && plan.config.architecture != "qwen2" && plan.layout.qkv_bias != plan.layout.output_bias) {
    throw Error(
        GM_ERROR_USER,
        "the model has biases on some of its attention's projections only, which no key of config.json says",
        key);
  }
  const bool gemma = plan.config.architecture == "gemma3_text";
  json result = gpt2    ? gpt2_config(plan.config)
                : gemma ? gemma_config(plan, key)
                        : llama_like_config(plan, key);
  result["model_type"] = plan.config.architecture;
  result["vocab_size"] = plan.config.vocabulary;
  result["tie_word_embeddings"] = !plan.layout.own_head;
  result["eos_token_id"] = end_tokens_of(plan.config);
  // Left out, transformers would take those of the family's first model, which may lie outside of this
  // vocabulary.
  result["bos_token_id"] = nullptr;
  result["pad_token_id"] = nullptr;
  return result;
}

}  // namespace gistmill::decoder
