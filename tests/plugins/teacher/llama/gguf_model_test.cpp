// Which GGUF files become a teacher, and what a file that does not is told.
#include "plugins/teacher/llama/gguf_model.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <gistmill/plugin/values.hpp>

#include "tests/plugins/teacher/llama/gguf_files.hpp"

namespace gistmill::llama::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Change = std::function<void(GgufContent&)>;

GgufContent content(bool own_head = false) {
  return content_of(tiny_config(), random_source(tiny_config(), 11, own_head));
}

// What is said of the file "tiny.gguf" with one thing changed; "" where it is taken.
std::string refusal(const Change& change) {
  GgufContent changed = content();
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

TEST(GgufModel, ReadsTheSizesOfItsModel) {
  const std::string bytes = to_bytes(content());
  const Config config = GgufModel(bytes, "tiny.gguf").config();
  const Config expected = tiny_config();
  EXPECT_EQ(config.vocabulary, expected.vocabulary);
  EXPECT_EQ(config.width, expected.width);
  EXPECT_EQ(config.layers, expected.layers);
  EXPECT_EQ(config.heads, expected.heads);
  EXPECT_EQ(config.kv_heads, expected.kv_heads);
  EXPECT_EQ(config.feed_forward, expected.feed_forward);
  EXPECT_EQ(config.context, expected.context);
  EXPECT_EQ(config.end_token, -1);
  EXPECT_EQ(config.rope_base, 10000.0);
  EXPECT_FLOAT_EQ(static_cast<float>(config.norm_epsilon), 1e-5f);
}

TEST(GgufModel, GivesTheModelThatWasWritten) {
  for (const bool own_head : {false, true}) {
    const std::string bytes = to_bytes(content(own_head));
    const GgufModel file(bytes, "tiny.gguf");
    const Model read(file.config(), load_weights(file.config(), file, at::kFloat), {}, 32);
    const MemorySource source = random_source(tiny_config(), 11, own_head);
    const Model written(tiny_config(), load_weights(tiny_config(), source, at::kFloat), {}, 32);
    const at::Tensor ids = random_tokens(97, 30, 1).unsqueeze(0);
    EXPECT_LE((read.forward(ids) - written.forward(ids)).abs().max().item<double>(), 1e-5);
  }
}

TEST(GgufModel, TakesTheNumberOfHeadsWhereKeyHeadsAreNotSaid) {
  const std::string message =
      refusal([](GgufContent& file) { file.metadata.erase("llama.attention.head_count_kv"); });
  EXPECT_THAT(message, HasSubstr("'blk.0.attn_k.weight' has shape [16, 48] when it should be [48, 48]"));
}

TEST(GgufModel, TakesScalingThatIsNone) {
  EXPECT_EQ(
      refusal([](GgufContent& file) { file.metadata["llama.rope.scaling.type"] = std::string("none"); }), "");
}

TEST(GgufModel, NamesMetadataThatIsMissing) {
  for (const char* key : {"general.architecture", "llama.block_count", "llama.context_length",
                          "llama.embedding_length", "llama.feed_forward_length", "llama.attention.head_count",
                          "llama.attention.layer_norm_rms_epsilon", "llama.rope.freq_base"}) {
    EXPECT_THAT(refusal([&](GgufContent& file) { file.metadata.erase(key); }),
                AllOf(HasSubstr("tiny.gguf"), HasSubstr(key)));
  }
}

TEST(GgufModel, RefusesOtherArchitectures) {
  EXPECT_EQ(refusal([](GgufContent& file) { file.metadata["general.architecture"] = std::string("gpt2"); }),
            "tiny.gguf: the architecture is 'gpt2' when it should be 'llama'");
}

TEST(GgufModel, RefusesScaledPositions) {
  for (const char* key : {"llama.rope.scaling.factor", "llama.rope.scaling.original_context_length",
                          "llama.rope.scale_linear"}) {
    EXPECT_EQ(refusal([&](GgufContent& file) { file.metadata[key] = 2.0f; }),
              "tiny.gguf: has metadata '" + std::string(key) +
                  "' when this teacher knows only unscaled rotary positions");
  }
  EXPECT_THAT(
      refusal([](GgufContent& file) { file.metadata["llama.rope.scaling.type"] = std::string("yarn"); }),
      HasSubstr("unscaled rotary positions"));
}

TEST(GgufModel, RefusesMetadataThatDoesNotFitItsTensors) {
  EXPECT_EQ(refusal([](GgufContent& file) { file.metadata["llama.rope.dimension_count"] = 4u; }),
            "tiny.gguf: llama.rope.dimension_count is 4 when it should be 8");
  EXPECT_EQ(refusal([](GgufContent& file) { file.metadata["llama.vocab_size"] = 98u; }),
            "tiny.gguf: llama.vocab_size is 98 when it should be 97");
  EXPECT_EQ(refusal([](GgufContent& file) { file.metadata["llama.expert_count"] = 8u; }),
            "tiny.gguf: llama.expert_count is 8 when it should be 0");
  EXPECT_EQ(refusal([](GgufContent& file) { file.metadata["llama.attention.head_count"] = 5u; }),
            "the embedding length is 48 when it should be a multiple of the number of heads, 5");
  EXPECT_THAT(refusal([](GgufContent& file) { file.metadata["llama.block_count"] = std::string("three"); }),
              HasSubstr("llama.block_count"));
}

TEST(GgufModel, NamesATensorThatIsMissing) {
  for (const char* name :
       {"token_embd.weight", "output_norm.weight", "blk.2.ffn_up.weight", "blk.0.attn_norm.weight"}) {
    EXPECT_THAT(refusal([&](GgufContent& file) { file.tensors.erase(name); }),
                AllOf(HasSubstr("tiny.gguf"), HasSubstr(name)));
  }
}

TEST(GgufModel, NamesATensorOfAnotherShape) {
  EXPECT_EQ(refusal([](GgufContent& file) {
              file.tensors["blk.1.ffn_down.weight"].dims = {48, 80};
            }),
            "tiny.gguf: tensor 'blk.1.ffn_down.weight' has shape [80, 48] when it should be [48, 80]");
}

TEST(GgufModel, NamesATensorOfATypeThatItCannotRead) {
  const std::string message = refusal([](GgufContent& file) {
    GgufContent::Tensor& tensor = file.tensors["token_embd.weight"];
    tensor.type = 24;  // I8, one byte an element
    tensor.data.resize(97 * 48);
  });
  EXPECT_THAT(message, AllOf(HasSubstr("'token_embd.weight'"), HasSubstr("I8"), HasSubstr("F32")));
}

// A bias that is ignored would give a wrong teacher without a word.
TEST(GgufModel, RefusesATensorThatItDoesNotUse) {
  for (const char* name : {"blk.0.attn_q.bias", "rope_freqs.weight", "blk.3.attn_q.weight"}) {
    EXPECT_THAT(refusal([&](GgufContent& file) {
                  file.tensors[name] = {{4}, 0, std::string(16, '\0')};
                }),
                AllOf(HasSubstr("has tensor '" + std::string(name) + "'"), HasSubstr("none of that name")));
  }
}

TEST(GgufModel, RefusesWhatIsNoGguf) {
  EXPECT_THROW(GgufModel("not a model at all", "tiny.gguf"), Error);
  EXPECT_THROW(GgufModel(std::string("no/such/file.gguf")), Error);
}

}  // namespace
}  // namespace gistmill::llama::test
