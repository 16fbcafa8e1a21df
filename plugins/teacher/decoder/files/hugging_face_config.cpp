#include "plugins/teacher/decoder/files/hugging_face_config.hpp"

#include <algorithm>
#include <set>

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
  bool requires_kv_heads;  // the class has a default of its own for the number of key/value heads
  bool attention_bias;     // the key attention_bias is followed
  bool mlp_bias;           // the key mlp_bias is followed
};
constexpr Family kFamilies[] = {
    {"llama", 10000.0, false, false, true, true},   {"mistral", 10000.0, false, true, false, false},
    {"smollm3", 2000000.0, true, true, true, true}, {"qwen2", 10000.0, false, true, false, false},
    {"qwen3", 10000.0, false, true, true, false},
};
constexpr double kNormEpsilon = 1e-6;  // of all of them

// Keys that say how a model is trained, sampled, stored or named.
const std::set<std::string>& harmless_keys() {
  static const std::set<std::string> keys = {"architectures",
                                             "attention_dropout",
                                             "attn_implementation",
                                             "attn_pdrop",
                                             "auto_map",
                                             "bad_words_ids",
                                             "begin_suppress_tokens",
                                             "bos_token_id",
                                             "chunk_size_feed_forward",
                                             "cross_attention_hidden_size",
                                             "decoder_start_token_id",
                                             "diversity_penalty",
                                             "do_sample",
                                             "dtype",
                                             "early_stopping",
                                             "embd_pdrop",
                                             "encoder_no_repeat_ngram_size",
                                             "exponential_decay_length_penalty",
                                             "finetuning_task",
                                             "forced_bos_token_id",
                                             "forced_eos_token_id",
                                             "gradient_checkpointing",
                                             "id2label",
                                             "initializer_range",
                                             "is_decoder",
                                             "is_llama_config",
                                             "keys_to_ignore_at_inference",
                                             "label2id",
                                             "length_penalty",
                                             "max_length",
                                             "max_sequence_length",
                                             "max_window_layers",
                                             "min_length",
                                             "mlp_dropout",
                                             "model_max_length",
                                             "n_ctx",
                                             "no_repeat_ngram_size",
                                             "num_beam_groups",
                                             "num_beams",
                                             "num_labels",
                                             "num_return_sequences",
                                             "output_attentions",
                                             "output_hidden_states",
                                             "output_past",
                                             "output_scores",
                                             "pad_token_id",
                                             "prefix",
                                             "pretraining_tp",
                                             "problem_type",
                                             "remove_invalid_values",
                                             "reorder_and_upcast_attn",
                                             "repetition_penalty",
                                             "resid_pdrop",
                                             "return_dict",
                                             "return_dict_in_generate",
                                             "sep_token_id",
                                             "summary_activation",
                                             "summary_first_dropout",
                                             "summary_proj_to_labels",
                                             "summary_type",
                                             "summary_use_proj",
                                             "suppress_tokens",
                                             "task_specific_params",
                                             "temperature",
                                             "tf_legacy_loss",
                                             "tie_encoder_decoder",
                                             "tokenizer_class",
                                             "tokenizer_model_max_length",
                                             "tokenizer_padding_side",
                                             "top_k",
                                             "top_p",
                                             "torch_dtype",
                                             "torchscript",
                                             "transformers.js_config",
                                             "transformers_version",
                                             "typical_p",
                                             "unsloth_fixed",
                                             "unsloth_version",
                                             "use_bfloat16",
                                             "use_cache"};
  return keys;
}

// Keys of other families' forks that change the computation: fine where they say that nothing changes.
void expect_plain(const JsonObject& config) {
  config.expect("add_cross_attention", false);
  config.expect("is_encoder_decoder", false);
  config.expect("partial_rotary_factor", 1.0);
  config.expect("pruned_heads", nlohmann::json::object());
  config.expect("rope_interleaved", false);
  config.expect("use_mrope", false);
  config.expect("use_sliding_window", false);
  if (const nlohmann::json* quantization = config.find("quantization_config")) {
    const auto method =
        quantization->is_object() ? quantization->value("quant_method", nlohmann::json()) : nlohmann::json();
    refuse(config.where() + ": the weights are quantized (" + printable_json(method) +
           "), which this reader does not know; take the unquantized folder or a GGUF file");
  }
}

bool is_harmless(const std::string& key) { return key.starts_with("_") || harmless_keys().count(key) > 0; }

void refuse_unread(const JsonObject& config) {
  for (const std::string& key : config.unread()) {
    if (is_harmless(key)) continue;
    refuse(config.where() + ": has key " + formats::printable(key) + ", which is not known for a " +
           config.string("model_type") + " model: the result could be wrong. Remove the key if it does not " +
           "change the computation");
  }
}

// Layer types other than full attention would need masks that no operation makes.
void check_layer_types(const JsonObject& config) {
  for (const std::string& type : config.strings("layer_types")) {
    if (type != "full_attention") config.wrong("layer_types", "\"full_attention\" for every layer");
  }
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
  const std::int64_t window = json.integer_or("sliding_window", 0);
  if (config.architecture != "mistral" || !json.has("sliding_window")) return;
  // Documents that fit the window are computed exactly; longer ones would need its mask.
  if (window < 1) json.wrong("sliding_window", "1 or more, or null");
  plan.sliding_window = window;
  config.context = std::min(config.context, window);
}

ModelPlan read_llama_like(const JsonObject& json, const Family& family) {
  ModelPlan plan;
  Config& config = plan.config;
  config.architecture = family.model_type;
  config.vocabulary = json.integer("vocab_size");
  config.width = json.integer("hidden_size");
  config.layers = json.integer("num_hidden_layers");
  config.heads = json.integer("num_attention_heads");
  if (config.heads < 1) json.wrong("num_attention_heads", "1 or more");
  // null means: as many as heads. A missing key means it for Llama only.
  const bool stated = json.has("num_key_value_heads") || json.contains("num_key_value_heads");
  if (family.requires_kv_heads && !stated) json.wrong("num_key_value_heads", "a whole number");
  config.kv_heads = json.integer_or("num_key_value_heads", config.heads);
  const bool has_head_size = json.has("head_dim");
  if (!has_head_size && config.architecture == "qwen3") json.wrong("head_dim", "a whole number");
  if (!has_head_size && config.width % config.heads != 0) {
    json.wrong("hidden_size", "a multiple of num_attention_heads, " + std::to_string(config.heads));
  }
  config.head_size = json.integer_or("head_dim", config.width / config.heads);
  config.feed_forward = json.integer("intermediate_size");
  config.context = json.integer("max_position_embeddings");
  config.norm_epsilon = json.number_or("rms_norm_eps", kNormEpsilon);
  json.expect("hidden_act", "silu");
  plan.layout.own_head = !json.boolean_or("tie_word_embeddings", family.tied_head);
  plan.rotary = read_hugging_face_rotary(json, family.rotary_base, config.context);
  read_family_extras(json, family, plan);
  if (!family.attention_bias) json.expect("attention_bias", false);
  if (!family.mlp_bias) json.expect("mlp_bias", false);
  return plan;
}

ModelPlan read_gpt2(const JsonObject& json) {
  ModelPlan plan;
  Config& config = plan.config;
  config.architecture = "gpt2";
  config.vocabulary = json.integer("vocab_size");
  config.width = json.integer("n_embd");
  config.layers = json.integer("n_layer");
  config.heads = json.integer("n_head");
  if (config.heads < 1) json.wrong("n_head", "1 or more");
  if (config.width % config.heads != 0) {
    json.wrong("n_embd", "a multiple of n_head, " + std::to_string(config.heads));
  }
  config.kv_heads = config.heads;
  config.head_size = config.width / config.heads;
  config.feed_forward = json.has("n_inner") ? json.integer("n_inner") : 4 * config.width;
  config.context = json.integer("n_positions");
  config.norm = NormKind::kLayer;
  config.norm_epsilon = json.number_or("layer_norm_epsilon", 1e-5);
  config.feed_forward_kind = FeedForwardKind::kGelu;
  config.positions = PositionKind::kLearned;
  // "gelu_pytorch_tanh" is the same function under another name.
  const std::string activation = json.string_or("activation_function", "gelu_new");
  if (activation != "gelu_new" && activation != "gelu_pytorch_tanh") {
    json.wrong("activation_function", "\"gelu_new\"");
  }
  json.expect("scale_attn_weights", true);
  json.expect("scale_attn_by_inverse_layer_idx", false);
  plan.layout.own_head = !json.boolean_or("tie_word_embeddings", true);
  plan.layout.qkv_bias = plan.layout.output_bias = plan.layout.feed_bias = true;
  return plan;
}

ModelPlan read_plan(const JsonObject& json) {
  const std::string type = json.string("model_type");
  if (type == "gpt2") return read_gpt2(json);
  for (const Family& family : kFamilies) {
    if (type == family.model_type) return read_llama_like(json, family);
  }
  json.wrong("model_type", "llama, mistral, smollm3, qwen2, qwen3 or gpt2");
}

}  // namespace

ModelPlan read_hugging_face_config(const nlohmann::json& config, const std::string& config_name,
                                   const nlohmann::json& generation, const std::string& generation_name) {
  const JsonObject json(config, config_name);
  ModelPlan plan = read_plan(json);
  expect_plain(json);
  check_layer_types(json);
  plan.config.end_tokens = json.token_ids("eos_token_id");
  if (!generation.is_null()) {
    const JsonObject sampling(generation, generation_name);
    if (sampling.has("eos_token_id")) plan.config.end_tokens = sampling.token_ids("eos_token_id");
  }
  refuse_unread(json);
  return plan;
}

std::string computation_of(const nlohmann::json& config) {
  nlohmann::json kept;
  for (const auto& [key, value] : config.items()) {
    if (!is_harmless(key)) kept[key] = value;
  }
  kept.erase("eos_token_id");  // generation_config.json may say otherwise: Config::end_tokens counts
  return kept.dump();          // keys are sorted
}

}  // namespace gistmill::decoder
