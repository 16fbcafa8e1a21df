#include "plugins/teacher/decoder/files/hugging_face_config.hpp"

#include <algorithm>
#include <set>

#include "plugins/teacher/decoder/files/activations.hpp"
#include "plugins/teacher/decoder/files/hugging_face_gemma.hpp"
#include "plugins/teacher/decoder/files/hugging_face_rotary.hpp"
#include "plugins/teacher/decoder/files/json_object.hpp"
#include "plugins/teacher/decoder/files/refusal.hpp"

namespace gistmill::decoder {
namespace {

// What transformers' configuration classes say where config.json says nothing, and what tells the Llama-like
// families apart.
struct Family {
  const char* model_type;
  double rotary_base;
  bool tied_head;
  bool attention_bias;  // the key attention_bias is followed
  bool mlp_bias;        // the key mlp_bias is followed
  std::int64_t vocabulary, width, feed_forward, layers, heads;
  std::int64_t kv_heads;   // 0: as many as heads
  std::int64_t head_size;  // 0: width / heads
  std::int64_t context;
};
constexpr Family kFamilies[] = {
    {"llama", 10000.0, false, true, true, 32000, 4096, 11008, 32, 32, 0, 0, 2048},
    {"mistral", 10000.0, false, false, false, 32000, 4096, 14336, 32, 32, 8, 0, 131072},
    {"smollm3", 2000000.0, true, true, true, 128256, 2048, 11008, 36, 16, 4, 0, 32768},
    {"qwen2", 10000.0, false, false, false, 151936, 4096, 22016, 32, 32, 32, 0, 32768},
    {"qwen3", 10000.0, false, true, false, 151936, 4096, 22016, 32, 32, 32, 128, 32768},
};
constexpr double kNormEpsilon = 1e-6;           // of all of them
constexpr std::int64_t kMistralWindow = 4096;   // where the key is missing; null means none
constexpr std::int64_t kQwenWindow = 4096;      // the same, where use_sliding_window asks for one
constexpr std::int64_t kQwenWindowedFrom = 28;  // the first layer that has it

// Switches that would change the result and are not followed here: fine where they say that nothing changes.
// A key that is neither followed nor one of these is read by no class of the family in transformers: it
// changes nothing.
void expect_plain(const JsonObject& config) {
  config.expect("add_cross_attention", false);
  config.expect("is_encoder_decoder", false);
  config.expect("partial_rotary_factor", 1.0);
  config.expect("pruned_heads", nlohmann::json::object());
  config.expect("rope_interleaved", false);
  config.expect("use_mrope", false);
}

// Matrices in FP8 with a scale for each block, as DeepSeek and Qwen publish them. Their activations are in
// FP8 too where a GPU has it; elsewhere transformers computes with the weights that the scales give, as here.
std::array<std::int64_t, 2> scaled_block_of(const JsonObject& config) {
  const auto quantization = config.object("quantization_config");
  if (!quantization) return {0, 0};
  const std::string method = quantization->string_or("quant_method", "");
  if (method != "fp8") {
    refuse(config.where() + ": the weights are quantized (" + formats::printable(method) +
           "), which this reader does not know; take the unquantized folder or a GGUF file");
  }
  quantization->expect("activation_scheme", "dynamic");
  quantization->expect("fmt", "e4m3");
  const auto block = quantization->integers("weight_block_size");
  if (!block || block->size() != 2 || block->front() < 1 || block->back() < 1)
    quantization->wrong("weight_block_size", "a list of two numbers, rows and columns, of 1 or more");
  return {block->front(), block->back()};
}

// Layer types other than full attention would need masks that no operation makes.
void check_layer_types(const JsonObject& config) {
  for (const std::string& type : config.strings("layer_types")) {
    if (type != "full_attention") config.wrong("layer_types", "\"full_attention\" for every layer");
  }
}

// Layers that see only the last positions, of Qwen2 and Qwen3: those of a list, or all from one on.
void read_qwen_windows(const JsonObject& json, ModelPlan& plan) {
  Config& config = plan.config;
  const bool none = json.contains("sliding_window") && !json.has("sliding_window");
  if (!json.boolean_or("use_sliding_window", false) || none) return check_layer_types(json);
  const std::int64_t window = json.integer_or("sliding_window", kQwenWindow);
  const std::int64_t first = json.integer_or("max_window_layers", kQwenWindowedFrom);
  const std::vector<std::string> types = json.strings("layer_types");
  if (config.layers > kMostLayers) json.wrong("num_hidden_layers", "at most " + std::to_string(kMostLayers));
  if (!types.empty() && static_cast<std::int64_t>(types.size()) != config.layers)
    json.wrong("layer_types", "a list of " + std::to_string(config.layers));
  for (std::int64_t layer = 0; layer < config.layers; ++layer) {
    const std::string type = types.empty() ? "" : types[static_cast<std::size_t>(layer)];
    if (!types.empty() && type != "sliding_attention" && type != "full_attention")
      json.wrong("layer_types", "\"sliding_attention\" or \"full_attention\" for every layer");
    if (types.empty() ? layer >= first : type == "sliding_attention") config.windowed_layers.push_back(layer);
  }
  if (config.windowed_layers.empty()) return;
  if (window < 1) json.wrong("sliding_window", "1 or more");
  config.window = window;
  plan.windowed_rotary = plan.rotary;
}

// Of every layer, where a text can be longer than it.
void read_mistral_window(const JsonObject& json, ModelPlan& plan) {
  Config& config = plan.config;
  const bool none = json.contains("sliding_window") && !json.has("sliding_window");
  const std::int64_t window = json.integer_or("sliding_window", kMistralWindow);
  if (none) return;
  if (window < 1) json.wrong("sliding_window", "1 or more, or null");
  if (window >= config.context) return;
  if (config.layers > kMostLayers) json.wrong("num_hidden_layers", "at most " + std::to_string(kMostLayers));
  for (std::int64_t layer = 0; layer < config.layers; ++layer) config.windowed_layers.push_back(layer);
  config.window = window;
  plan.windowed_rotary = plan.rotary;
}

std::vector<std::int64_t> unrotated_layers(const JsonObject& json, std::int64_t layers) {
  std::vector<std::int64_t> result;
  if (layers > kMostLayers) json.wrong("num_hidden_layers", "at most " + std::to_string(kMostLayers));
  const std::int64_t interval = json.integer_or("no_rope_layer_interval", 4);
  const auto flags = json.integers("no_rope_layers");
  if (!flags && interval < 1) json.wrong("no_rope_layer_interval", "1 or more");
  if (flags && static_cast<std::int64_t>(flags->size()) < layers) {
    json.wrong("no_rope_layers", "a list of " + std::to_string(layers) + ", 1 for each layer that rotates");
  }
  for (std::int64_t layer = 0; layer < layers; ++layer) {
    const bool rotates = flags ? (*flags)[static_cast<std::size_t>(layer)] != 0 : (layer + 1) % interval != 0;
    if (!rotates) result.push_back(layer);
  }
  return result;
}

void read_family_extras(const JsonObject& json, const Family& family, ModelPlan& plan) {
  Config& config = plan.config;
  if (config.architecture == "qwen2") plan.layout.qkv_bias = true;
  if (config.architecture == "qwen3") config.query_key_norm = true;
  if (family.attention_bias) {
    plan.layout.qkv_bias = plan.layout.output_bias = json.boolean_or("attention_bias", false);
  }
  if (family.mlp_bias) plan.layout.feed_bias = json.boolean_or("mlp_bias", false);
  if (config.architecture == "smollm3") config.unrotated_layers = unrotated_layers(json, config.layers);
  if (config.architecture == "mistral") read_mistral_window(json, plan);
}

ModelPlan read_llama_like(const JsonObject& json, const Family& family) {
  ModelPlan plan;
  Config& config = plan.config;
  config.architecture = family.model_type;
  config.vocabulary = json.integer_or("vocab_size", family.vocabulary);
  config.width = json.integer_or("hidden_size", family.width);
  config.layers = json.integer_or("num_hidden_layers", family.layers);
  config.heads = json.integer_or("num_attention_heads", family.heads);
  if (config.heads < 1) json.wrong("num_attention_heads", "1 or more");
  // null means: as many as heads. A missing key means it for Llama only.
  const bool missing = !json.contains("num_key_value_heads");
  config.kv_heads =
      json.integer_or("num_key_value_heads", missing && family.kv_heads > 0 ? family.kv_heads : config.heads);
  if (!json.has("head_dim") && family.head_size == 0 && config.width % config.heads != 0) {
    json.wrong("hidden_size", "a multiple of num_attention_heads, " + std::to_string(config.heads));
  }
  config.head_size =
      json.integer_or("head_dim", family.head_size > 0 ? family.head_size : config.width / config.heads);
  config.feed_forward = json.integer_or("intermediate_size", family.feed_forward);
  config.context = json.integer_or("max_position_embeddings", family.context);
  config.norm_epsilon = json.number_or("rms_norm_eps", kNormEpsilon);
  if (!is_silu(json.string_or("hidden_act", "silu"))) json.wrong("hidden_act", "\"silu\" or \"swish\"");
  plan.layout.own_head = !json.boolean_or("tie_word_embeddings", family.tied_head);
  plan.rotary = read_hugging_face_rotary(json, family.rotary_base, config.context);
  config.context = context_of(plan.rotary, config.context);
  read_family_extras(json, family, plan);
  if (config.architecture == "qwen2" || config.architecture == "qwen3") {
    read_qwen_windows(json, plan);
  } else {
    json.expect("use_sliding_window", false);
    check_layer_types(json);
  }
  if (!family.attention_bias) json.expect("attention_bias", false);
  if (!family.mlp_bias) json.expect("mlp_bias", false);
  return plan;
}

ModelPlan read_gpt2(const JsonObject& json) {
  ModelPlan plan;
  Config& config = plan.config;
  config.architecture = "gpt2";
  config.vocabulary = json.integer_or("vocab_size", 50257);
  config.width = json.integer_or("n_embd", 768);
  config.layers = json.integer_or("n_layer", 12);
  config.heads = json.integer_or("n_head", 12);
  if (config.heads < 1) json.wrong("n_head", "1 or more");
  if (config.width % config.heads != 0) {
    json.wrong("n_embd", "a multiple of n_head, " + std::to_string(config.heads));
  }
  config.kv_heads = config.heads;
  config.head_size = config.width / config.heads;
  config.feed_forward = json.has("n_inner") ? json.integer("n_inner") : 4 * config.width;
  config.context = json.integer_or("n_positions", 1024);
  // The same under the names of other families, which the class takes too.
  json.expect("hidden_size", config.width);
  json.expect("num_hidden_layers", config.layers);
  json.expect("num_attention_heads", config.heads);
  json.expect("max_position_embeddings", config.context);
  config.norm = NormKind::kLayer;
  config.norm_epsilon = json.number_or("layer_norm_epsilon", 1e-5);
  config.feed_forward_kind = FeedForwardKind::kGelu;
  config.positions = PositionKind::kLearned;
  const std::string activation = json.string_or("activation_function", "gelu_new");
  if (!is_tanh_gelu(activation)) json.wrong("activation_function", "\"gelu_new\"");
  json.expect("scale_attn_weights", true);
  if (json.boolean_or("scale_attn_by_inverse_layer_idx", false)) {
    json.wrong(
        "scale_attn_by_inverse_layer_idx",
        "false: it divides the scores of layer i (from 0) by i + 1. Divide the first n_embd columns of each "
        "h.i.attn.c_attn.weight and .bias by that, which make the queries, and set it to false for the "
        "same model");
  }
  plan.layout.own_head = !json.boolean_or("tie_word_embeddings", true);
  plan.layout.qkv_bias = plan.layout.output_bias = plan.layout.feed_bias = true;
  return plan;
}

ModelPlan read_model(const JsonObject& json) {
  const std::string type = json.string("model_type");
  if (type == "gpt2") return read_gpt2(json);
  if (type == "gemma3_text") return read_gemma(json);
  for (const Family& family : kFamilies) {
    if (type == family.model_type) return read_llama_like(json, family);
  }
  json.wrong("model_type", "llama, mistral, smollm3, qwen2, qwen3, gemma3_text or gpt2");
}

// Asks for every key that counts, and for no other.
ModelPlan read_plan(const JsonObject& json) {
  ModelPlan plan = read_model(json);
  expect_plain(json);
  plan.scaled_block = scaled_block_of(json);
  json.token_ids("eos_token_id");  // for its complaint
  return plan;
}

}  // namespace

ModelPlan read_hugging_face_config(const nlohmann::json& config, const std::string& config_name,
                                   const nlohmann::json& generation, const std::string& generation_name,
                                   const std::vector<NamedToken>& added) {
  const JsonObject json(config, config_name);
  ModelPlan plan = read_plan(json);
  EndTokens ends;
  if (!generation.is_null()) {
    const JsonObject sampling(generation, generation_name);
    for (const std::int64_t id : sampling.token_ids("eos_token_id")) ends.add(id, "generation_config.json");
  }
  for (const std::int64_t id : json.token_ids("eos_token_id")) ends.add(id, "config.json");
  add_by_name(added, &ends);
  put_end_tokens(ends, &plan);
  return plan;
}

nlohmann::json text_model_of(const nlohmann::json& config) {
  if (!config.is_object() || config.value("model_type", nlohmann::json()) != "gemma3") return config;
  const auto inner = config.find("text_config");
  if (inner == config.end() || !inner->is_object()) return config;
  nlohmann::json text = *inner;
  text["model_type"] = "gemma3_text";
  for (const char* shared : {"eos_token_id", "tie_word_embeddings", "quantization_config"}) {
    if (!text.contains(shared) && config.contains(shared)) text[shared] = config[shared];
  }
  return text;
}

std::string computation_of(const nlohmann::json& config) {
  const JsonObject json(config, "config.json");
  read_plan(json);
  nlohmann::json kept = config;
  for (const std::string& key : json.unread()) kept.erase(key);
  kept.erase("eos_token_id");  // generation_config.json may say otherwise: Config::end_tokens counts
  return kept.dump();          // keys are sorted
}

}  // namespace gistmill::decoder
