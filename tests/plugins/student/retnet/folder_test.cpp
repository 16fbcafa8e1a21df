// Folders of a RetNet that are wrong, and what a student takes from a Transformer's file.
#include "plugins/student/retnet/folder.hpp"

#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>

#include <gistmill/plugin/values.hpp>

#include "plugins/student/retnet/initialize.hpp"
#include "tests/plugins/support/network_parameters.hpp"
#include "tests/plugins/teacher/decoder/files/folder_copy.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::retnet {
namespace {

using decoder::test::FolderCopy;
using decoder::test::RawTensor;
using ::testing::HasSubstr;

const std::string kFixtures = GISTMILL_SOURCE_DIR "/tests/plugins/student/retnet/fixtures";
const std::string kFamilies = GISTMILL_SOURCE_DIR "/tests/plugins/teacher/decoder/fixtures/families/";

void expect_refused(const std::string& path, const std::string& message, const std::string& key = "model") {
  try {
    ModelFolder{path};
    FAIL() << "was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code, GM_ERROR_USER);
    EXPECT_EQ(error.key, key);
    EXPECT_THAT(error.what(), HasSubstr(message));
  }
}

class RetNetFolder : public ::testing::Test {
 protected:
  void expect_config_refused(const std::string& key, const nlohmann::json& value,
                             const std::string& message) {
    const FolderCopy folder("model", kFixtures);
    folder.change_json("config.json", [&](nlohmann::json& json) { json[key] = value; });
    expect_refused(folder.path(), message);
  }
  void expect_tensors_refused(const std::function<void(std::vector<RawTensor>&)>& change,
                              const std::string& message) {
    const FolderCopy folder("model", kFixtures);
    folder.change_tensors(change);
    expect_refused(folder.path(), message);
  }
};

TEST_F(RetNetFolder, SaysWhatItHolds) {
  const auto said = nlohmann::json::parse(ModelFolder(kFixtures + "/model").describe());
  EXPECT_EQ(said["architecture"], "retnet");
  EXPECT_EQ(said["layers"], 2);
  EXPECT_EQ(said["parameters"], 2 * 11 * 8 + 8 + 2 * (40 * 8 + 8 * 12 + 30 * 8 + 2 * 8));
  EXPECT_EQ(said["files"], (nlohmann::json{"config.json", "model.safetensors"}));
}

TEST_F(RetNetFolder, DigestFollowsWeightsAndChoices) {
  const std::string digest = ModelFolder(kFixtures + "/model").digest();
  const FolderCopy same("model", kFixtures);
  EXPECT_EQ(ModelFolder(same.path()).digest(), digest);
  same.change_json("config.json", [](nlohmann::json& json) { json["decay"] = "paper"; });
  EXPECT_NE(ModelFolder(same.path()).digest(), digest);
  const FolderCopy other("model", kFixtures);
  other.change_tensors([](std::vector<RawTensor>& tensors) { tensors[0].values[0] += 1; });
  EXPECT_NE(ModelFolder(other.path()).digest(), digest);
}

TEST_F(RetNetFolder, ThatCannotBeIsRefusedByName) {
  expect_config_refused("hidden_size", 9, "width is 9 when it should be a multiple of twice heads");
  expect_config_refused("hidden_size", 16, "has shape [11, 8] when it should be [11, 16]");
  expect_config_refused("num_hidden_layers", 3, "layers.2.retention_layer_norm.weight");
  expect_config_refused("num_hidden_layers", 4000, "4000 layers need more");
  expect_config_refused("num_hidden_layers", 0, "num_hidden_layers is 0 when it should be 1 to 4096");
  expect_config_refused("num_hidden_layers", 1, "is none of the model's");
  expect_config_refused("vocab_size", -1, "vocab_size is -1");
  expect_config_refused("decay", "learned", "decay is \"learned\" when it should be torchscale or paper");
  expect_config_refused("rms_norm_eps", -1.0, "rms_norm_eps is -1.0");
  expect_config_refused("use_bias", true, "use_bias is true when it should be left out");
  expect_tensors_refused([](std::vector<RawTensor>& tensors) { tensors[0].name = "mystery"; },
                         "embed_tokens.weight");
}

TEST_F(RetNetFolder, OfAnotherKindIsLeftToOthers) {
  expect_refused(kFamilies + "llama2", "the model_type is \"llama\"", "");
  expect_refused(kFamilies + "llama2.gguf", "is no folder with a config.json", "");
  expect_refused(kFixtures, "is no folder with a config.json", "");
}

TEST_F(RetNetFolder, KeepsTheTokenizersFiles) {
  const gistmill::testing::ScratchFolder scratch;
  const FolderCopy source("model", kFixtures);
  source.write("tokenizer.json", "{}");
  source.write("README.md", "not a tokenizer's");
  const ModelFolder folder(source.path());
  gistmill::test::NetworkParameters parameters;
  const Weights weights = make_weights(folder.config(), parameters.builder());
  const std::string path = (scratch / "saved").string();
  EXPECT_THAT(write_model(path, folder.config(), weights, source.path(), "folder"),
              ::testing::ElementsAre("config.json", "model.safetensors", "tokenizer.json"));
  EXPECT_FALSE(std::filesystem::exists(path + "/README.md"));
}

// ---- what a student takes

Config like_llama(const decoder::Config& theirs) {
  Config config;
  config.vocabulary = theirs.vocabulary;
  config.layers = 2;
  config.width = config.value_width = theirs.width;
  config.heads = theirs.heads;
  config.feed_forward = theirs.feed_forward;
  return config;
}

class Transformer : public ::testing::TestWithParam<const char*> {
 protected:
  Transformer()
      : file_(open_transformer(kFamilies + GetParam(), "layers_from")),
        config_(like_llama(file_->config())) {}
  const at::NoGradGuard no_grad_;
  std::shared_ptr<const decoder::ModelFile> file_;
  Config config_;
  gistmill::test::NetworkParameters parameters_;
};

TEST_P(Transformer, GivesItsLayers) {
  check_layers(*file_, config_);
  const Weights weights = make_weights(config_, parameters_.builder());
  const at::Tensor gates = weights.layers[1].retention.in.narrow(0, 96, 32).clone();
  const std::string sentence = take_layers(*file_, config_, weights);
  EXPECT_THAT(sentence, HasSubstr("layers 0, 1 of "));
  const BlockWeights& retention = weights.layers[1].retention;
  const auto read = [&](const std::string& part, at::IntArrayRef shape) {
    return file_->read("blk.1." + part + ".weight", shape).to(at::kDouble);
  };
  EXPECT_TRUE(at::equal(retention.in.narrow(0, 0, 32), read("attn_q", {32, 32})));
  const std::int64_t heads = file_->config().kv_heads;
  const at::Tensor keys = read("attn_k", {8 * heads, 32});
  for (std::int64_t head = 0; head < 4; ++head) {
    EXPECT_TRUE(
        at::equal(retention.in.narrow(0, 32 + 8 * head, 8), keys.narrow(0, 8 * (head / (4 / heads)), 8)));
  }
  EXPECT_TRUE(at::equal(retention.in.narrow(0, 96, 32), gates));
  EXPECT_TRUE(at::equal(retention.out, read("attn_output", {32, 32})));
  EXPECT_TRUE(at::equal(weights.layers[1].feed_forward.in.narrow(0, 0, 24), read("ffn_gate", {24, 32})));
  EXPECT_TRUE(at::equal(weights.layers[1].feed_forward.out, read("ffn_down", {32, 24})));
}

TEST_P(Transformer, GivesItsEmbeddings) {
  const Weights weights = make_weights(config_, parameters_.builder());
  take_embeddings(*file_, config_, weights);
  EXPECT_TRUE(at::equal(weights.embedding, file_->read("token_embd.weight", {40, 32}).to(at::kDouble)));
}

INSTANTIATE_TEST_SUITE_P(Files, Transformer, ::testing::Values("llama2", "llama31", "qwen2", "llama31.gguf"),
                         [](const auto& file) {
                           std::string name = file.param;
                           return name.substr(0, name.find('.')) +
                                  (name.find('.') < name.size() ? "_gguf" : "");
                         });

TEST(TransformerLayers, OfAnotherSizeAreRefusedNamingBoth) {
  const auto file = open_transformer(kFamilies + "llama2", "layers_from");
  const auto expect = [&](const std::function<void(Config&)>& change, const std::string& message) {
    Config config = like_llama(file->config());
    change(config);
    try {
      check_layers(*file, config);
      FAIL() << "was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.key, "layers_from");
      EXPECT_THAT(error.what(), HasSubstr(message));
    }
  };
  expect([](Config& config) { config.heads = 2; }, "heads is 2 when the number of query heads of");
  expect([](Config& config) { config.value_width = 64; }, "value_width is 64 when");
  expect([](Config& config) { config.layers = 3; }, "layers is 3 when");
}

TEST(TransformerLayers, WithoutAGateAreRefused) {
  const auto file = open_transformer(kFamilies + "gpt2", "layers_from");
  EXPECT_THROW(check_layers(*file, like_llama(file->config())), Error);
}

}  // namespace
}  // namespace gistmill::retnet
