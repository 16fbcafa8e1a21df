// Which GGUF files become a teacher, and what a file that does not is told.
#include "plugins/teacher/decoder/files/gguf_model.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <functional>
#include <gistmill/plugin/values.hpp>

#include "tests/plugins/teacher/decoder/files/gguf_files.hpp"

namespace gistmill::decoder::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Change = std::function<void(GgufContent&)>;

// What is said of the family's file as "tiny.gguf" with one thing changed; "" where it is taken.
std::string refusal(const std::string& family, const Change& change) {
  GgufContent changed = content_of_family(family);
  change(changed);
  const std::string bytes = to_bytes(changed);
  try {
    const GgufModel model(bytes, "tiny.gguf");
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.code, GM_ERROR_USER);
    EXPECT_EQ(error.key, "model");
    return error.what();
  }
}

Config config_of(
    const std::string& family, const Change& change = [](GgufContent&) {}) {
  GgufContent content = content_of_family(family);
  change(content);
  const std::string bytes = to_bytes(content);
  return GgufModel(bytes, "tiny.gguf").config();
}

TEST(GgufModel, ReadsTheSizesOfItsModel) {
  const Config config = config_of("qwen3");
  EXPECT_EQ(config.architecture, "qwen3");
  EXPECT_EQ(config.vocabulary, 40);
  EXPECT_EQ(config.width, 32);
  EXPECT_EQ(config.layers, 2);
  EXPECT_EQ(config.heads, 4);
  EXPECT_EQ(config.kv_heads, 2);
  EXPECT_EQ(config.head_size, 12);
  EXPECT_EQ(config.feed_forward, 24);
  EXPECT_EQ(config.context, 64);
  EXPECT_TRUE(config.query_key_norm);
  EXPECT_THAT(config.end_tokens, ElementsAre(2));
  EXPECT_FLOAT_EQ(static_cast<float>(config.norm_epsilon), 1e-6f);
}

TEST(GgufModel, KnowsWhatTellsTheArchitecturesApart) {
  EXPECT_THAT(config_of("smollm3").unrotated_layers, ElementsAre(3));
  EXPECT_THAT(config_of("llama2").unrotated_layers, ElementsAre());
  const Config gpt2 = config_of("gpt2");
  EXPECT_EQ(gpt2.norm, NormKind::kLayer);
  EXPECT_EQ(gpt2.feed_forward_kind, FeedForwardKind::kGelu);
  EXPECT_EQ(gpt2.positions, PositionKind::kLearned);
  EXPECT_EQ(gpt2.kv_heads, gpt2.heads);
}

TEST(GgufModel, GivesTheModelThatWasWritten) {
  for (const bool own_head : {false, true}) {
    const MemorySource source = random_source(tiny_config(), 11, own_head);
    const std::string bytes = to_bytes(content_of(tiny_config(), source));
    const auto file = std::make_shared<GgufModel>(bytes, "tiny.gguf");
    const Model read(file->config(), load_weights(file->config(), file, at::kFloat), {}, 32);
    const Model written(tiny_config(),
                        load_weights(tiny_config(), std::make_shared<MemorySource>(source), at::kFloat), {},
                        32);
    Batch batch;
    batch.ids = random_tokens(97, 30, 1).unsqueeze(0);
    EXPECT_LE((read.forward(batch) - written.forward(batch)).abs().max().item<double>(), 1e-5);
  }
}

TEST(GgufModel, TakesTheNumberOfHeadsWhereKeyHeadsAreNotSaid) {
  EXPECT_EQ(
      refusal("llama2", [](GgufContent& file) { file.metadata.erase("llama.attention.head_count_kv"); }), "");
  EXPECT_THAT(
      refusal("llama31", [](GgufContent& file) { file.metadata.erase("llama.attention.head_count_kv"); }),
      HasSubstr("'blk.0.attn_k.weight' has shape [16, 32] when it should be [32, 32]"));
}

TEST(GgufModel, LimitsTheContextToASlidingWindow) {
  const auto windowed = [](GgufContent& file) { file.metadata["llama.attention.sliding_window"] = 48u; };
  EXPECT_EQ(config_of("llama2", windowed).context, 48);
}

TEST(GgufModel, KnowsWhichLayersOfGemmaHaveAWindow) {
  const auto layers = [](const Change& change) { return config_of("gemma3", change).windowed_layers; };
  const std::string key = "gemma3.attention.sliding_window_pattern";
  EXPECT_THAT(layers([](GgufContent&) {}), ElementsAre(0, 2));
  EXPECT_THAT(layers([&](GgufContent& file) { file.metadata.erase(key); }), ElementsAre(0, 1, 2));
  EXPECT_THAT(layers([&](GgufContent& file) { file.metadata[key] = 2u; }), ElementsAre(0, 2));
  EXPECT_THAT(layers([&](GgufContent& file) { file.metadata["gemma3.attention.sliding_window"] = 0u; }),
              ElementsAre());
  EXPECT_THAT(refusal("gemma3",
                      [&](GgufContent& file) {
                        file.metadata[key] = std::vector<bool>{true, false};
                      }),
              HasSubstr("sliding_window_pattern is a list of 2 when it should be one of 3"));
}

TEST(GgufModel, TurnsLayersWithAWindowByABaseOfTheirOwn) {
  const Config stated = config_of("gemma3");
  EXPECT_NEAR(stated.windowed_frequencies[1], std::pow(30.0, -1.0 / 6.0), 1e-7);
  EXPECT_NEAR(stated.rotary_frequencies[1], std::pow(100.0, -1.0 / 6.0) / 4.0, 1e-7);
  const Config silent =
      config_of("gemma3", [](GgufContent& file) { file.metadata.erase("gemma3.rope.freq_base_swa"); });
  EXPECT_NEAR(silent.windowed_frequencies[1], std::pow(10000.0, -1.0 / 6.0), 1e-7);
}

TEST(GgufModel, FollowsLinearScaling) {
  const double plain = config_of("llama2").rotary_frequencies[1];
  const auto stated = [](GgufContent& file) {
    file.metadata["llama.rope.scaling.type"] = std::string("linear");
    file.metadata["llama.rope.scaling.factor"] = 4.0f;
  };
  EXPECT_DOUBLE_EQ(config_of("llama2", stated).rotary_frequencies[1], plain / 4.0);
  const auto old = [](GgufContent& file) { file.metadata["llama.rope.scale_linear"] = 2.0f; };
  EXPECT_DOUBLE_EQ(config_of("llama2", old).rotary_frequencies[1], plain / 2.0);
  const auto none = [](GgufContent& file) { file.metadata["llama.rope.scaling.type"] = std::string("none"); };
  EXPECT_DOUBLE_EQ(config_of("llama2", none).rotary_frequencies[1], plain);
}

TEST(GgufModel, RefusesOtherScaling) {
  EXPECT_EQ(refusal("qwen2",
                    [](GgufContent& file) {
                      file.metadata["qwen2.rope.scaling.type"] = std::string("longrope");
                      file.metadata["qwen2.rope.scaling.factor"] = 4.0f;
                    }),
            "tiny.gguf: qwen2.rope.scaling.type is 'longrope' when it should be none, linear or yarn: "
            "positions scaled "
            "in another way are not known here; a folder of the same model in Hugging Face's form may say it "
            "in a way "
            "that is");
  const auto yarn = [](const std::string& key, float value) {
    return refusal("qwen2", [&](GgufContent& file) {
      file.metadata["qwen2.rope.scaling.type"] = std::string("yarn");
      file.metadata["qwen2.rope.scaling.factor"] = 4.0f;
      file.metadata["qwen2.rope.scaling." + key] = value;
    });
  };
  EXPECT_EQ(yarn("yarn_ext_factor", -1.0f), "") << "not stated";
  EXPECT_THAT(yarn("factor", 0.0f), HasSubstr("rope.scaling.factor is 0.000000 when it should be above 0"));
  EXPECT_THAT(yarn("yarn_ext_factor", 0.5f), HasSubstr("yarn_ext_factor is 0.500000 when it should be 1"));
  EXPECT_THAT(yarn("yarn_beta_fast", 0.5f), HasSubstr("when it should be above yarn_beta_slow"));
  EXPECT_THAT(yarn("yarn_log_multiplier", 0.1f), HasSubstr("when it should be 0 or left out"));
  EXPECT_THAT(refusal("llama31",
                      [](GgufContent& file) {
                        file.metadata["llama.rope.scaling.type"] = std::string("linear");
                        file.metadata["llama.rope.scaling.factor"] = 4.0f;
                      }),
              HasSubstr("both rope_freqs.weight and another scaling"));
  EXPECT_EQ(refusal("llama2",
                    [](GgufContent& file) {
                      file.metadata["llama.rope.scaling.type"] = std::string("linear");
                      file.metadata["llama.rope.scaling.factor"] = 0.0f;
                    }),
            "tiny.gguf: the rotary scaling factor is 0.000000 when it should be above 0");
  EXPECT_THAT(
      refusal("llama31", [](GgufContent& file) { file.tensors["rope_freqs.weight"].data.assign(16, '\0'); }),
      HasSubstr("rope_freqs.weight holds 0.000000 when it should be above 0"));
}

TEST(GgufModel, NamesMetadataThatIsMissing) {
  for (const char* key : {"general.architecture", "llama.block_count", "llama.context_length",
                          "llama.embedding_length", "llama.feed_forward_length", "llama.attention.head_count",
                          "llama.attention.layer_norm_rms_epsilon"}) {
    EXPECT_THAT(refusal("llama2", [&](GgufContent& file) { file.metadata.erase(key); }),
                AllOf(HasSubstr("tiny.gguf"), HasSubstr(key)));
  }
}

TEST(GgufModel, RefusesOtherArchitectures) {
  EXPECT_EQ(
      refusal("llama2",
              [](GgufContent& file) { file.metadata["general.architecture"] = std::string("gemma2"); }),
      "tiny.gguf: the architecture is 'gemma2' when it should be llama, smollm3, qwen2, qwen3, gemma3 or "
      "gpt2");
}

TEST(GgufModel, RefusesPartsOfModelsAndAdapters) {
  EXPECT_EQ(refusal("llama2", [](GgufContent& file) { file.metadata["split.count"] = 3u; }),
            "tiny.gguf: is one of several parts of a model");
  EXPECT_EQ(refusal("llama2", [](GgufContent& file) { file.metadata["split.count"] = 1u; }), "");
  EXPECT_THAT(
      refusal("llama2", [](GgufContent& file) { file.metadata["general.type"] = std::string("adapter"); }),
      HasSubstr("general.type is 'adapter' when it should be 'model'"));
}

TEST(GgufModel, RefusesMetadataThatItDoesNotKnow) {
  EXPECT_EQ(refusal("llama2", [](GgufContent& file) { file.metadata["llama.logit_scale"] = 0.5f; }),
            "tiny.gguf: has metadata 'llama.logit_scale' of value [0.500000], which is not known for this "
            "architecture: the result could be wrong");
  EXPECT_EQ(
      refusal("llama2", [](GgufContent& file) { file.metadata["quantize.imatrix.file"] = std::string("x"); }),
      "");
}

TEST(GgufModel, TakesKeysThatChangeNothingWhereTheySayNothing) {
  const auto with = [](const char* key, const GgufContent::Value& value) {
    return refusal("llama2", [&](GgufContent& file) { file.metadata[key] = value; });
  };
  EXPECT_EQ(with("llama.attention.causal", true), "");
  EXPECT_THAT(with("llama.attention.causal", false),
              HasSubstr("'llama.attention.causal' of value [0.000000]"));
  EXPECT_EQ(with("llama.final_logit_softcapping", 0.0f), "");
  EXPECT_THAT(with("llama.final_logit_softcapping", 30.0f), HasSubstr("'llama.final_logit_softcapping' of"));
  EXPECT_EQ(with("llama.rope.dimension_sections", std::vector<std::uint32_t>{0, 0, 0, 0}), "");
  EXPECT_THAT(with("llama.rope.dimension_sections", std::vector<std::uint32_t>{2, 2, 0, 0}),
              HasSubstr("'llama.rope.dimension_sections' of value [2.000000, 2.000000, 0.000000, 0.000000]"));
  EXPECT_EQ(with("llama.pooling_type", 4u), "");
  EXPECT_EQ(with("llama.attention.layer_norm_epsilon", 1e-5f), "");
  EXPECT_THAT(with("llama.ssm.state_size", 16u), HasSubstr("'llama.ssm.state_size' of value [16.000000]"));
}

TEST(GgufModel, RefusesListsOfSizesThatDiffer) {
  for (const char* key :
       {"llama.attention.head_count", "llama.attention.head_count_kv", "llama.feed_forward_length"}) {
    const auto with = [&](const std::vector<std::uint32_t>& list) {
      return refusal("llama2", [&](GgufContent& file) { file.metadata[key] = list; });
    };
    EXPECT_EQ(with({4, 2}),
              "tiny.gguf: " + std::string(key) +
                  " is [4, 2] when it should be one number, or the same for every layer: layers "
                  "of different sizes are not known here");
    EXPECT_THAT(with({}), HasSubstr(std::string(key) + " is [] when it should be one number"));
  }
  EXPECT_EQ(refusal("llama2",
                    [](GgufContent& file) {
                      file.metadata["llama.feed_forward_length"] = std::vector<std::uint32_t>{24, 24};
                    }),
            "");
}

TEST(GgufModel, RefusesMetadataThatDoesNotFitItsTensors) {
  const auto with = [](const char* key, std::uint32_t value) {
    return refusal("llama2", [&](GgufContent& file) { file.metadata[key] = value; });
  };
  EXPECT_EQ(with("llama.rope.dimension_count", 4),
            "tiny.gguf: llama.rope.dimension_count is 4 when it should be 8");
  EXPECT_EQ(with("llama.vocab_size", 98), "tiny.gguf: llama.vocab_size is 98 when it should be 40");
  EXPECT_EQ(with("llama.expert_count", 8), "tiny.gguf: llama.expert_count is 8 when it should be 0");
  EXPECT_EQ(with("llama.attention.head_count", 5),
            "tiny.gguf: llama.embedding_length is 32 when it should be a multiple of the number of heads, 5");
  EXPECT_EQ(with("llama.attention.head_count", 0),
            "tiny.gguf: llama.embedding_length is 32 when it should be a multiple of the number of heads, 0");
  EXPECT_THAT(with("llama.block_count", 4000000000u),
              HasSubstr("says that it has 4000000000 layers, but holds only"));
  EXPECT_THAT(with("llama.context_length", 4000000000u), HasSubstr("when it should be at most 2147483647"));
  EXPECT_THAT(
      refusal("llama2", [](GgufContent& file) { file.metadata["llama.block_count"] = std::string("three"); }),
      HasSubstr("llama.block_count"));
}

TEST(GgufModel, RefusesASizeBeforeItMakesAnythingOfIt) {
  EXPECT_EQ(refusal("llama2",
                    [](GgufContent& file) {
                      file.metadata["llama.attention.key_length"] = 4000000000u;
                      file.metadata.erase("llama.rope.dimension_count");
                    }),
            "tiny.gguf: the size of a head is 4000000000 when it should be at most 65536");
}

TEST(GgufModel, NamesATensorThatIsMissing) {
  for (const char* name :
       {"token_embd.weight", "output_norm.weight", "blk.1.ffn_up.weight", "blk.0.attn_norm.weight"}) {
    EXPECT_THAT(refusal("llama2", [&](GgufContent& file) { file.tensors.erase(name); }),
                AllOf(HasSubstr("tiny.gguf"), HasSubstr(name)));
  }
  EXPECT_THAT(refusal("qwen2", [&](GgufContent& file) { file.tensors.erase("blk.1.attn_k.bias"); }),
              HasSubstr("blk.1.attn_k.bias"));
  EXPECT_THAT(refusal("gpt2", [&](GgufContent& file) { file.tensors.erase("blk.1.attn_qkv.bias"); }),
              HasSubstr("blk.1.attn_qkv.bias"));
}

TEST(GgufModel, NamesATensorOfAnotherShape) {
  EXPECT_EQ(refusal("llama2",
                    [](GgufContent& file) {
                      file.tensors["blk.1.ffn_down.weight"].dims = {32, 24};
                    }),
            "tiny.gguf: tensor 'blk.1.ffn_down.weight' has shape [24, 32] when it should be [32, 24]");
}

TEST(GgufModel, NamesATensorOfATypeThatItCannotRead) {
  const std::string message = refusal("llama2", [](GgufContent& file) {
    GgufContent::Tensor& tensor = file.tensors["token_embd.weight"];
    tensor.type = 24;  // I8, one byte an element
    tensor.data.resize(40 * 32);
  });
  EXPECT_THAT(message, AllOf(HasSubstr("'token_embd.weight'"), HasSubstr("I8"), HasSubstr("F32")));
}

// A bias that is ignored would give a wrong teacher without a word.
TEST(GgufModel, RefusesATensorThatItDoesNotUse) {
  for (const char* name : {"blk.0.attn_norm.bias", "blk.2.attn_q.weight", "cls.output.weight"}) {
    EXPECT_THAT(refusal("llama2",
                        [&](GgufContent& file) {
                          file.tensors[name] = {{4}, 0, std::string(16, '\0')};
                        }),
                AllOf(HasSubstr("has tensor '" + std::string(name) + "'"), HasSubstr("none of that name")));
  }
}

TEST(GgufModel, RefusesWhatIsNotGguf) {
  EXPECT_THROW(GgufModel("not a model at all", "tiny.gguf"), Error);
  EXPECT_THROW(GgufModel(std::string("no/such/file.gguf")), Error);
}

}  // namespace
}  // namespace gistmill::decoder::test
