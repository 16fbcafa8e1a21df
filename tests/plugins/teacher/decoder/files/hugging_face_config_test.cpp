// What config.json may say, and what is refused by name instead of guessed.
#include "plugins/teacher/decoder/files/hugging_face_config.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <gistmill/plugin/values.hpp>

#include "tests/plugins/teacher/decoder/files/families.hpp"

namespace gistmill::decoder::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

json config_of(const std::string& family) {
  std::ifstream file(families_folder() + "/" + family + "/config.json");
  return json::parse(file);
}

// The family's configuration with these keys set.
ModelPlan plan_with(const std::string& family, const json& changes, const json& generation = nullptr) {
  json config = config_of(family);
  config.update(changes);
  return read_hugging_face_config(config, "config.json", generation, "generation_config.json");
}

std::string refusal(const json& config) {
  try {
    read_hugging_face_config(config, "config.json", nullptr, "generation_config.json");
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.code, GM_ERROR_USER);
    EXPECT_EQ(error.key, "model");
    return error.what();
  }
}

std::string refusal_with(const std::string& family, const json& changes) {
  json config = config_of(family);
  config.update(changes);
  return refusal(config);
}

TEST(HuggingFaceConfig, KnowsWhichOfQwensLayersHaveAWindow) {
  json config = config_of("qwen2");  // of two layers
  for (const char* key : {"layer_types", "sliding_window", "max_window_layers"}) config.erase(key);
  config["use_sliding_window"] = true;
  const auto plan = [&](const json& changes) {
    json changed = config;
    changed.update(changes);
    return read_hugging_face_config(changed, "config.json", nullptr, "generation_config.json").config;
  };
  EXPECT_THAT(plan(json::object()).windowed_layers, IsEmpty()) << "from layer 28 on";
  EXPECT_THAT(plan({{"max_window_layers", 2}}).windowed_layers, IsEmpty());
  EXPECT_THAT(plan({{"max_window_layers", 1}}).windowed_layers, ElementsAre(1));
  EXPECT_EQ(plan({{"max_window_layers", 0}}).window, 4096);
  EXPECT_THAT(plan({{"max_window_layers", 0}, {"sliding_window", nullptr}}).windowed_layers, IsEmpty());
  EXPECT_THAT(plan({{"layer_types", {"sliding_attention", "full_attention"}}}).windowed_layers,
              ElementsAre(0));
  config["layer_types"] = {"chunked_attention", "full_attention"};
  EXPECT_EQ(refusal(config),
            "config.json: layer_types is [\"chunked_attention\",\"full_attention\"] when it should be "
            "\"sliding_attention\" or \"full_attention\" for every layer");
}

TEST(HuggingFaceConfig, KnowsActivationsByTheirOtherNames) {
  plan_with("llama2", {{"hidden_act", "swish"}});
  for (const char* name : {"gelu_new", "gelu_pytorch_tanh", "gelu_fast", "gelu_python_tanh"}) {
    plan_with("gpt2", {{"activation_function", name}});
    plan_with("gemma3", {{"hidden_activation", name}});
  }
  EXPECT_NE(refusal_with("gpt2", {{"activation_function", "gelu"}}), "");
}

TEST(HuggingFaceConfig, ReadsWhatTellsTheFamiliesApart) {
  EXPECT_TRUE(plan_with("qwen2", json::object()).layout.qkv_bias);
  EXPECT_FALSE(plan_with("qwen2", json::object()).layout.output_bias);
  EXPECT_TRUE(plan_with("qwen3", json::object()).config.query_key_norm);
  EXPECT_EQ(plan_with("qwen3", json::object()).config.head_size, 12);
  EXPECT_TRUE(plan_with("llama2", json::object()).layout.own_head);
  EXPECT_FALSE(plan_with("llama31", json::object()).layout.own_head);
  const Layout biases = plan_with("llama-linear", json::object()).layout;
  EXPECT_TRUE(biases.qkv_bias && biases.output_bias && biases.feed_bias);
  const ModelPlan gpt2 = plan_with("gpt2", {{"n_inner", nullptr}});
  EXPECT_EQ(gpt2.config.feed_forward, 128);
  EXPECT_EQ(gpt2.config.positions, PositionKind::kLearned);
}

TEST(HuggingFaceConfig, TakesTransformersDefaults) {
  json config = config_of("llama2");
  for (const char* key :
       {"num_key_value_heads", "rope_theta", "rope_scaling", "rms_norm_eps", "head_dim",
        "tie_word_embeddings", "hidden_act", "attention_bias", "mlp_bias", "eos_token_id"}) {
    config.erase(key);
  }
  const ModelPlan plan = read_hugging_face_config(config, "config.json", nullptr, "");
  EXPECT_EQ(plan.config.kv_heads, 4);
  EXPECT_EQ(plan.config.head_size, 8);
  EXPECT_EQ(plan.rotary.base, 10000.0);
  EXPECT_EQ(plan.config.norm_epsilon, 1e-6);
  EXPECT_TRUE(plan.layout.own_head);
  EXPECT_TRUE(plan.config.end_tokens.empty());
  json small = config_of("smollm3");
  small.erase("tie_word_embeddings");
  small.erase("rope_parameters");
  const ModelPlan other = read_hugging_face_config(small, "config.json", nullptr, "");
  EXPECT_FALSE(other.layout.own_head);
  EXPECT_EQ(other.rotary.base, 2000000.0);
}

TEST(HuggingFaceConfig, ReadsOldAndNewKeysOfRotaryPositions) {
  const json scaling = {{"type", "linear"}, {"factor", 2.0}};
  const json parameters = {{"rope_type", "linear"}, {"factor", 2.0}, {"rope_theta", 50.0}};
  const ModelPlan old = plan_with("llama2", {{"rope_theta", 50.0}, {"rope_scaling", scaling}});
  json config = config_of("llama2");
  config.erase("rope_theta");
  config.erase("rope_scaling");
  config["rope_parameters"] = parameters;
  const ModelPlan current = read_hugging_face_config(config, "config.json", nullptr, "");
  for (const ModelPlan& plan : {old, current}) {
    EXPECT_EQ(plan.rotary.scaling, Rotary::Scaling::kLinear);
    EXPECT_EQ(plan.rotary.factor, 2.0);
    EXPECT_EQ(plan.rotary.base, 50.0);
  }
}

TEST(HuggingFaceConfig, ReadsTheScalingOfLlama31) {
  const Rotary rotary = plan_with("llama31", json::object()).rotary;
  EXPECT_EQ(rotary.scaling, Rotary::Scaling::kLlama3);
  EXPECT_EQ(rotary.factor, 8.0);
  EXPECT_EQ(rotary.low_frequency_factor, 1.0);
  EXPECT_EQ(rotary.high_frequency_factor, 4.0);
  EXPECT_EQ(rotary.original_context, 40.0);
}

TEST(HuggingFaceConfig, ReadsYarnWithWhatTransformersTakesWhereAKeyIsLeftOut) {
  const ModelPlan plan = plan_with("llama2", {{"rope_scaling", {{"type", "yarn"}, {"factor", 4.0}}}});
  EXPECT_EQ(plan.rotary.scaling, Rotary::Scaling::kYarn);
  EXPECT_EQ(plan.rotary.original_context, 64.0);
  EXPECT_EQ(plan.rotary.beta_fast, 32.0);
  EXPECT_EQ(plan.rotary.beta_slow, 1.0);
  EXPECT_NEAR(plan.rotary.magnitude, 0.1 * std::log(4.0) + 1.0, 1e-12);
  EXPECT_EQ(plan.config.context, 256) << "the positions that it was stretched to";
  json scaling = {{"type", "yarn"}, {"factor", 2.0}, {"original_max_position_embeddings", 16}};
  EXPECT_EQ(plan_with("llama2", {{"rope_scaling", scaling}}).config.context, 64) << "the file says more";
  scaling["attention_factor"] = 1.5;
  EXPECT_EQ(plan_with("llama2", {{"rope_scaling", scaling}}).rotary.magnitude, 1.5);
  scaling["beta_fast"] = 0.5;
  EXPECT_EQ(refusal_with("llama2", {{"rope_scaling", scaling}}),
            "config.json: rope_scaling: beta_fast is 0.5 when it should be above beta_slow");
}

TEST(HuggingFaceConfig, TakesMatricesInFp8WithScalesAndNoOtherQuantization) {
  EXPECT_THAT(plan_with("qwen3-fp8", json::object()).scaled_block, ::testing::ElementsAre(4, 8));
  json quantization = config_of("qwen3-fp8")["quantization_config"];
  const auto refused = [&] { return refusal_with("qwen3-fp8", {{"quantization_config", quantization}}); };
  quantization["activation_scheme"] = "static";
  EXPECT_THAT(refused(), HasSubstr("activation_scheme is \"static\" when it should be \"dynamic\""));
  quantization["activation_scheme"] = "dynamic";
  for (const json& block : {json(nullptr), json::array({4}), json::array({4, 0}), json("4")}) {
    quantization["weight_block_size"] = block;
    EXPECT_THAT(refused(), HasSubstr("weight_block_size is")) << block;
  }
  quantization["quant_method"] = "awq";
  EXPECT_THAT(refused(), HasSubstr("the weights are quantized ('awq')"));
}

TEST(HuggingFaceConfig, TakesLongRopeUpToTheContextBeforeIt) {
  const json config = config_of("llama-longrope");
  const ModelPlan plan = read_hugging_face_config(config, "config.json", nullptr, "");
  EXPECT_EQ(plan.config.context, 16);
  EXPECT_NEAR(plan.rotary.magnitude, std::sqrt(1.0 + std::log(4.0) / std::log(16.0)), 1e-12);
  json parameters = config["rope_parameters"];
  const auto refused = [&] { return refusal_with("llama-longrope", {{"rope_parameters", parameters}}); };
  parameters["short_factor"] = {1.0, 0.0};
  EXPECT_THAT(refused(), HasSubstr("short_factor is [1.0,0.0] when it should be a list of numbers above 0"));
  parameters.erase("short_factor");
  EXPECT_THAT(refused(), HasSubstr("short_factor is missing when it should be a list of numbers, one for"));
}

TEST(HuggingFaceConfig, RefusesOtherScaling) {
  for (const char* kind : {"proportional", "su"}) {
    EXPECT_EQ(
        refusal_with("llama2", {{"rope_scaling", {{"rope_type", kind}, {"factor", 2.0}}}}),
        "config.json: rope_scaling: rope_type is \"" + std::string(kind) +
            "\" when it should be default, linear, dynamic, llama3, yarn or longrope: positions scaled in "
            "another way are not known here");
  }
  EXPECT_EQ(refusal_with("llama2", {{"rope_scaling", {{"type", "linear"}}}}),
            "config.json: rope_scaling: factor is missing when it should be a number");
  EXPECT_EQ(refusal_with("llama2", {{"rope_scaling", {{"type", "linear"}, {"factor", -1}}}}),
            "config.json: rope_scaling: factor is -1 when it should be above 0");
  EXPECT_EQ(
      refusal_with("llama2", {{"rope_scaling", {{"type", "linear"}, {"factor", 2}, {"beta_fast", 32}}}}),
      "config.json: rope_scaling: has key 'beta_fast', which is not known for kind \"linear\"");
  EXPECT_EQ(refusal_with("llama2", {{"rope_scaling", 2.0}}),
            "config.json: rope_scaling: is 2.0 when it should be an object");
  json same = config_of("llama31")["rope_parameters"];
  same["type"] = same["rope_type"];
  same.erase("rope_theta");
  same.erase("rope_type");
  const double base = config_of("llama31")["rope_parameters"]["rope_theta"];
  EXPECT_EQ(refusal_with("llama31", {{"rope_scaling", same}, {"rope_theta", base}}), "")
      << "both, and they agree";
  EXPECT_THAT(refusal_with("llama31", {{"rope_scaling", {{"type", "linear"}, {"factor", 2}}}}),
              HasSubstr("both rope_scaling and rope_parameters"));
  EXPECT_THAT(refusal_with("llama31", {{"rope_parameters", {{"full_attention", {{"rope_theta", 1.0}}}}}}),
              HasSubstr("has key 'full_attention'"));
}

TEST(HuggingFaceConfig, PutsMistralsWindowOnEveryLayer) {
  const Config config = plan_with("mistral", json::object()).config;
  EXPECT_EQ(config.window, 32);
  EXPECT_EQ(config.windowed_layers, (std::vector<std::int64_t>{0, 1}));
  EXPECT_EQ(config.context, 64);
  for (const json& none : {json(nullptr), json(64), json(4096)})
    EXPECT_TRUE(plan_with("mistral", {{"sliding_window", none}}).config.windowed_layers.empty()) << none;
  EXPECT_EQ(refusal_with("mistral", {{"sliding_window", 0}}),
            "config.json: sliding_window is 0 when it should be 1 or more, or null");
}

TEST(HuggingFaceConfig, IgnoresAWindowThatIsNotInUse) {
  EXPECT_EQ(plan_with("qwen2", {{"use_sliding_window", false}, {"sliding_window", 16}}).config.context, 64);
  EXPECT_EQ(refusal_with("llama2", {{"use_sliding_window", true}, {"sliding_window", 16}}),
            "config.json: use_sliding_window is true when it should be false");
  EXPECT_THAT(refusal_with("qwen2", {{"layer_types", {"full_attention", "sliding_attention"}}}),
              HasSubstr("\"full_attention\" for every layer"));
}

TEST(HuggingFaceConfig, KnowsLayersThatDoNotRotate) {
  EXPECT_THAT(plan_with("smollm3", json::object()).config.unrotated_layers, ElementsAre(3));
  EXPECT_THAT(plan_with("smollm3", {{"no_rope_layers", {0, 1, 1, 0}}}).config.unrotated_layers,
              ElementsAre(0, 3));
  EXPECT_THAT(plan_with("smollm3", {{"no_rope_layers", nullptr}, {"no_rope_layer_interval", 2}})
                  .config.unrotated_layers,
              ElementsAre(1, 3));
  EXPECT_THAT(refusal_with("smollm3", {{"no_rope_layers", {1, 1}}}),
              HasSubstr("no_rope_layers is [1,1] when it should be a list of 4"));
}

TEST(HuggingFaceConfig, KnowsWhichLayersOfGemmaHaveAWindow) {
  EXPECT_THAT(plan_with("gemma3", json::object()).config.windowed_layers, ElementsAre(0, 2));
  EXPECT_THAT(plan_with("gemma3", {{"layer_types", nullptr}}).config.windowed_layers, ElementsAre(0, 1, 2));
  EXPECT_THAT(plan_with("gemma3-old", json::object()).config.windowed_layers, ElementsAre(0, 2));
  EXPECT_THAT(plan_with("gemma3-old", {{"sliding_window_pattern", 3}}).config.windowed_layers,
              ElementsAre(0, 1, 3));
  EXPECT_THAT(refusal_with("gemma3", {{"layer_types", {"full_attention"}}}),
              HasSubstr("layer_types is [\"full_attention\"] when it should be a list of 3"));
}

TEST(HuggingFaceConfig, RefusesWhatChangesTheResultOfGemma) {
  EXPECT_THAT(refusal_with("gemma3", {{"final_logit_softcapping", 30.0}}),
              HasSubstr("final_logit_softcapping is 30.0 when it should be null"));
  EXPECT_THAT(refusal_with("gemma3", {{"use_bidirectional_attention", true}}),
              HasSubstr("use_bidirectional_attention is true when it should be false"));
  EXPECT_THAT(refusal_with("gemma3", {{"hidden_activation", "gelu"}}),
              HasSubstr("hidden_activation is \"gelu\" when it should be \"gelu_pytorch_tanh\""));
}

TEST(HuggingFaceConfig, TakesTheEndTokensOfBothFiles) {
  EXPECT_THAT(plan_with("llama2", {{"eos_token_id", {2, 5}}}).config.end_tokens, ElementsAre(2, 5));
  EXPECT_THAT(plan_with("llama2", {{"eos_token_id", 2}}, {{"eos_token_id", {7, 8}}}).config.end_tokens,
              ElementsAre(7, 8, 2));
  EXPECT_THAT(plan_with("llama2", {{"eos_token_id", {8, 7}}}, {{"eos_token_id", 7}}).config.end_tokens,
              ElementsAre(7, 8));
  EXPECT_THAT(plan_with("llama2", {{"eos_token_id", 2}}, {{"temperature", 0.6}}).config.end_tokens,
              ElementsAre(2));
  EXPECT_EQ(refusal_with("llama2", {{"eos_token_id", "</s>"}}),
            "config.json: eos_token_id is \"</s>\" when it should be a token id or a list of them");
}

TEST(HuggingFaceConfig, RefusesOtherModels) {
  EXPECT_EQ(refusal_with("llama2", {{"model_type", "gemma2"}}),
            "config.json: model_type is \"gemma2\" when it should be llama, mistral, smollm3, qwen2, qwen3, "
            "gemma3_text or gpt2");
  EXPECT_THAT(refusal({{"hidden_size", 32}}), HasSubstr("model_type is missing"));
  EXPECT_EQ(refusal(json::array({1})), "config.json: is [1] when it should be an object");
}

TEST(HuggingFaceConfig, RefusesWhatChangesTheComputation) {
  EXPECT_EQ(refusal_with("llama2", {{"hidden_act", "gelu"}}),
            "config.json: hidden_act is \"gelu\" when it should be \"silu\" or \"swish\"");
  EXPECT_EQ(refusal_with("gpt2", {{"activation_function", "relu"}}),
            "config.json: activation_function is \"relu\" when it should be \"gelu_new\"");
  EXPECT_EQ(
      refusal_with("gpt2", {{"scale_attn_by_inverse_layer_idx", true}}),
      "config.json: scale_attn_by_inverse_layer_idx is true when it should be false: it divides the scores "
      "of "
      "layer i (from 0) by i + 1. Divide the first n_embd columns of each h.i.attn.c_attn.weight and .bias "
      "by that, which make the queries, and set it to false for the same model");
  EXPECT_EQ(refusal_with("mistral", {{"attention_bias", true}}),
            "config.json: attention_bias is true when it should be false");
  EXPECT_EQ(refusal_with("llama2", {{"partial_rotary_factor", 0.5}}),
            "config.json: partial_rotary_factor is 0.5 when it should be 1.0");
  EXPECT_THAT(refusal_with("llama2", {{"quantization_config", {{"quant_method", "gptq"}}}}),
              HasSubstr("the weights are quantized ('gptq')"));
}

TEST(HuggingFaceConfig, TakesKeysThatNoClassOfTheFamilyReads) {
  EXPECT_EQ(refusal_with("llama2", {{"logit_scale", 0.5}, {"badwordsids", {1}}, {"use_cache", false}}), "");
  EXPECT_EQ(refusal_with("gpt2", {{"n_special", 0}, {"predict_special_tokens", true}}), "");
}

// What transformers 5.2.0's classes say of an empty config.json.
TEST(HuggingFaceConfig, HasTheDefaultsOfTheClasses) {
  struct Defaults {
    const char* type;
    std::int64_t vocabulary, width, feed_forward, layers, heads, kv_heads, head_size, context, window;
  };
  for (const Defaults& expected : {Defaults{"llama", 32000, 4096, 11008, 32, 32, 32, 128, 2048, 0},
                                   Defaults{"mistral", 32000, 4096, 14336, 32, 32, 8, 128, 131072, 4096},
                                   Defaults{"qwen2", 151936, 4096, 22016, 32, 32, 32, 128, 32768, 0},
                                   Defaults{"qwen3", 151936, 4096, 22016, 32, 32, 32, 128, 32768, 0},
                                   Defaults{"smollm3", 128256, 2048, 11008, 36, 16, 4, 128, 32768, 0},
                                   Defaults{"gpt2", 50257, 768, 3072, 12, 12, 12, 64, 1024, 0}}) {
    SCOPED_TRACE(expected.type);
    const json config = {{"model_type", expected.type}};
    const ModelPlan plan = read_hugging_face_config(config, "config.json", nullptr, "");
    EXPECT_EQ(plan.config.vocabulary, expected.vocabulary);
    EXPECT_EQ(plan.config.width, expected.width);
    EXPECT_EQ(plan.config.feed_forward, expected.feed_forward);
    EXPECT_EQ(plan.config.layers, expected.layers);
    EXPECT_EQ(plan.config.heads, expected.heads);
    EXPECT_EQ(plan.config.kv_heads, expected.kv_heads);
    EXPECT_EQ(plan.config.head_size, expected.head_size);
    EXPECT_EQ(plan.config.context, expected.context);
    EXPECT_EQ(plan.config.window, expected.window);
  }
}

TEST(HuggingFaceConfig, ReadsGpt2sSizesUnderOtherFamiliesNamesOnlyWhereTheyAgree) {
  const std::int64_t width = plan_with("gpt2", json::object()).config.width;
  EXPECT_EQ(refusal_with("gpt2", {{"hidden_size", width}}), "");
  EXPECT_THAT(refusal_with("gpt2", {{"hidden_size", width + 1}}), HasSubstr("hidden_size is"));
}

TEST(HuggingFaceConfig, RefusesValuesOfAnotherKind) {
  EXPECT_EQ(refusal_with("llama2", {{"hidden_size", "32"}}),
            "config.json: hidden_size is \"32\" when it should be a whole number");
  EXPECT_EQ(refusal_with("llama2", {{"hidden_size", 32.5}}),
            "config.json: hidden_size is 32.5 when it should be a whole number");
  EXPECT_EQ(refusal_with("llama2", {{"tie_word_embeddings", 1}}),
            "config.json: tie_word_embeddings is 1 when it should be true or false");
  EXPECT_EQ(refusal_with("llama2", {{"rms_norm_eps", "small"}}),
            "config.json: rms_norm_eps is \"small\" when it should be a number");
  EXPECT_EQ(refusal_with("llama2", {{"num_attention_heads", 0}}),
            "config.json: num_attention_heads is 0 when it should be 1 or more");
  EXPECT_EQ(refusal_with("llama2", {{"num_attention_heads", 5}, {"head_dim", nullptr}}),
            "config.json: hidden_size is 32 when it should be a multiple of num_attention_heads, 5");
}

TEST(HuggingFaceConfig, HasADigestThatHarmlessKeysDoNotChange) {
  json config = config_of("llama2");
  const std::string before = computation_of(config);
  config["use_cache"] = false;
  config["transformers_version"] = "4.0.0";
  EXPECT_EQ(computation_of(config), before);
  config["rms_norm_eps"] = 0.5;
  EXPECT_NE(computation_of(config), before);
  json gpt2 = config_of("gpt2");
  const std::string plain = computation_of(gpt2);
  gpt2["reorder_and_upcast_attn"] = true;  // another order of the same products
  gpt2["scale_attn_by_inverse_layer_idx"] = false;
  EXPECT_EQ(computation_of(gpt2), plain);
}

}  // namespace
}  // namespace gistmill::decoder::test
