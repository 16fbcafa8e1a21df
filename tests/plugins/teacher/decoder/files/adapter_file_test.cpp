// Adapters as PEFT writes and reads them.
#include "plugins/teacher/decoder/files/adapter_file.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>
#include <gistmill/formats/safetensors.hpp>
#include <gistmill/plugin/values.hpp>

#include "plugins/teacher/decoder/files/model_file.hpp"
#include "plugins/teacher/decoder/model.hpp"
#include "tests/plugins/teacher/decoder/files/families.hpp"
#include "tests/plugins/teacher/decoder/files/folder_copy.hpp"

namespace gistmill::decoder::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

struct Case {
  const char* name;
  const char* architecture;
};
constexpr Case kCases[] = {{"llama31", "llama"}, {"qwen3", "qwen3"}, {"gpt2", "gpt2"}};

std::string adapter_of(const std::string& name) { return adapters_folder() + "/" + name; }

std::shared_ptr<const ModelFile> model_of(const Case& model) {
  return open_model(families_folder() + "/" + model.name, {model.architecture});
}

std::string refusal(const FolderCopy& adapter, const Config& config) {
  try {
    read_adapter(adapter.path(), config);
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.code, GM_ERROR_USER);
    EXPECT_EQ(error.key, "adapter");
    return error.what();
  }
}

TEST(AdapterFile, ChangesTheLogitsAsPeftDoes) {
  for (const Case& model : kCases) {
    SCOPED_TRACE(model.name);
    const auto file = model_of(model);
    Weights weights = load_weights(file->config(), file, at::kFloat);
    attach(read_adapter(adapter_of(model.name), file->config()).parts, file->config(), weights);
    const Model adapted(file->config(), std::move(weights), {}, 4);
    Batch batch;
    batch.ids = expected_of(model.name).ids.unsqueeze(0);
    const at::Tensor expected = load_tensor(adapter_of(model.name) + ".expected.safetensors", "logits");
    const double difference = (adapted.forward(batch)[0] - expected).abs().max().item<double>();
    RecordProperty(model.name, std::to_string(difference));
    EXPECT_LE(difference, 1e-4);
  }
}

TEST(AdapterFile, KnowsItsSettings) {
  const auto file = model_of(kCases[0]);
  const AdapterFile adapter = read_adapter(adapter_of("llama31"), file->config());
  EXPECT_EQ(adapter.rank, 2);
  EXPECT_EQ(adapter.alpha, 6.0);
  EXPECT_EQ(adapter.dropout, 0.1);
  EXPECT_EQ(adapter.parts.size(), 14u);
  EXPECT_EQ(adapter.parts.front().scale, 3.0);
  const auto qwen3 = model_of(kCases[1]);
  EXPECT_DOUBLE_EQ(read_adapter(adapter_of("qwen3"), qwen3->config()).parts.front().scale,
                   8.0 / std::sqrt(3.0));
}

// The same names, shapes and values as PEFT's own file.
TEST(AdapterFile, WritesWhatPeftWrote) {
  for (const Case& model : kCases) {
    SCOPED_TRACE(model.name);
    const Config config = model_of(model)->config();
    const std::string path = testing::TempDir() + "/gistmill_adapter_" + model.name;
    fs::remove_all(path);
    write_adapter(path, read_adapter(adapter_of(model.name), config), config, "adapter");
    const formats::Safetensors written(fs::path(path) / "adapter_model.safetensors");
    const formats::Safetensors right(fs::path(adapter_of(model.name)) / "adapter_model.safetensors");
    ASSERT_EQ(written.tensors().size(), right.tensors().size());
    for (const formats::SafetensorsTensor& tensor : right.tensors()) {
      const formats::SafetensorsTensor* found = written.find(tensor.name);
      ASSERT_NE(found, nullptr) << tensor.name;
      EXPECT_EQ(found->shape, tensor.shape) << tensor.name;
      EXPECT_TRUE(found->data == tensor.data) << tensor.name;
    }
    const AdapterFile again = read_adapter(path, config);
    EXPECT_DOUBLE_EQ(again.parts.front().scale,
                     read_adapter(adapter_of(model.name), config).parts.front().scale);
    EXPECT_THROW(write_adapter(path, again, config, "adapter"), Error) << "the folder exists";
    fs::remove_all(path);
  }
}

// A module's own rank and alpha: the first pattern that fits the end of its name, or with ^ the whole.
TEST(AdapterFile, FollowsRanksAndAlphasOfSingleModules) {
  const Config config = model_of(kCases[0])->config();
  const FolderCopy copy("llama31", adapters_folder());
  copy.change_json("adapter_config.json", [](nlohmann::json& json) {
    json["alpha_pattern"] = {{"^model.layers.1.self_attn.v_proj", 5}, {"v_proj", 10}};
    json["r"] = 7;
    json["rank_pattern"] = {{"proj", 7}, {"layers.0.mlp.up_proj", 2}};
  });
  EXPECT_THAT(refusal(copy, config), HasSubstr("[7, 32]"))
      << "proj is the end of no name; other modules have 7";
  copy.change_json("adapter_config.json", [](nlohmann::json& json) {
    json["r"] = 2;
    json["rank_pattern"] = {{"v_proj", 2}};
  });
  const AdapterFile adapter = read_adapter(copy.path(), config);
  for (const AdapterPart& part : adapter.parts) {
    const bool value = part.target == "v_proj";
    EXPECT_EQ(part.scale, value ? (part.layer == 1 ? 2.5 : 5.0) : 3.0) << part.target << part.layer;
  }
  const std::string path = ::testing::TempDir() + "/gistmill_adapter_patterns";
  fs::remove_all(path);
  write_adapter(path, adapter, config, "adapter");
  const AdapterFile again = read_adapter(path, config);
  for (std::size_t i = 0; i < adapter.parts.size(); ++i)
    EXPECT_DOUBLE_EQ(again.parts[i].scale, adapter.parts[i].scale);
  fs::remove_all(path);
}

// Trained rows take the model's place in the embedding, and in the head where the model ties them.
TEST(AdapterFile, PutsTrainedRowsAndWholeTablesInTheModelsPlace) {
  const auto file = model_of(kCases[0]);
  const Config& config = file->config();
  AdapterFile adapter = read_adapter(adapter_of("llama31"), config);
  adapter.rows.tokens = {5, 3};
  adapter.rows.values = at::arange(2 * config.width, at::kFloat).view({2, config.width});
  adapter.replaced["output.weight"] = at::ones({config.vocabulary, config.width});
  const std::string path = ::testing::TempDir() + "/gistmill_adapter_rows";
  fs::remove_all(path);
  write_adapter(path, adapter, config, "adapter");
  const AdapterFile again = read_adapter(path, config);
  fs::remove_all(path);
  EXPECT_EQ(again.rows.tokens, adapter.rows.tokens);
  const Weights plain = load_weights(config, file, at::kFloat);
  const Weights changed = load_weights(config, with_replaced(file, again), at::kFloat);
  EXPECT_TRUE(at::equal(changed.embedding[5], adapter.rows.values[0]));
  EXPECT_TRUE(at::equal(changed.embedding[3], adapter.rows.values[1]));
  EXPECT_TRUE(at::equal(changed.embedding[4], plain.embedding[4]));
  if (file->contains("output.weight")) {
    EXPECT_TRUE(at::equal(changed.head.weight, adapter.replaced["output.weight"]));
  }
  AdapterFile rows_only;
  rows_only.vocabulary = config.vocabulary;
  rows_only.rows = adapter.rows;
  const Weights rows = load_weights(config, with_replaced(file, rows_only), at::kFloat);
  EXPECT_EQ(file->contains("output.weight"), at::equal(rows.head.weight, plain.head.weight));
}

TEST(AdapterFile, SaysHowToConvertPythonsOwnFormat) {
  const FolderCopy copy("llama31", adapters_folder());
  fs::rename(copy.file("adapter_model.safetensors"), copy.file("adapter_model.bin"));
  EXPECT_THAT(refusal(copy, model_of(kCases[0])->config()), HasSubstr("load it with PEFT and save it again"));
}

TEST(AdapterFile, RefusesOtherKindsOfAdapters) {
  const Config config = model_of(kCases[0])->config();
  const auto with = [&](const char* key, const nlohmann::json& value) {
    const FolderCopy copy("llama31", adapters_folder());
    copy.change_json("adapter_config.json", [&](nlohmann::json& json) { json[key] = value; });
    return refusal(copy, config);
  };
  EXPECT_THAT(with("peft_type", "IA3"), HasSubstr("peft_type is \"IA3\" when it should be \"LORA\""));
  EXPECT_THAT(with("use_dora", true), HasSubstr("use_dora is true, which is not known for a plain LoRA"));
  EXPECT_THAT(with("bias", "all"), HasSubstr("bias is \"all\" when it should be \"none\""));
  EXPECT_THAT(with("rank_pattern", {{"q_proj", 4}}),
              HasSubstr("has shape [2, 32] when it should be [4, 32]"));
  EXPECT_THAT(with("rank_pattern", {{"q_proj", -4}}), HasSubstr("when it should be whole numbers above 0"));
  EXPECT_THAT(with("alpha_pattern", {{"q_(proj|x)", 4}}), HasSubstr("by plain names of modules"));
  EXPECT_THAT(with("trainable_token_indices", {3, 3}),
              HasSubstr("token ids of the input embedding, none twice"));
  EXPECT_THAT(with("trainable_token_indices", {1000000}),
              HasSubstr("trains token 1000000 when the model has"));
  EXPECT_THAT(with("trainable_token_indices", {1}), HasSubstr("has no tensor"));
  EXPECT_THAT(with("modules_to_save", {"lm_head", "norm"}), HasSubstr("embed_tokens, wte and lm_head only"));
  EXPECT_EQ(with("modules_to_save", {"lm_head"}), "");
  EXPECT_THAT(with("init_lora_weights", "pissa"), HasSubstr("init_lora_weights is \"pissa\""));
  EXPECT_THAT(with("r", 0), HasSubstr("r is 0 when it should be 1 or more"));
  EXPECT_EQ(with("base_model_name_or_path", "elsewhere"), "");
}

TEST(AdapterFile, RefusesWhatDoesNotFitTheModel) {
  const FolderCopy copy("llama31", adapters_folder());
  copy.change_json("adapter_config.json", [](nlohmann::json& json) { json["r"] = 5; });
  const Config config = model_of(kCases[0])->config();
  EXPECT_THAT(refusal(copy, config), HasSubstr("has shape [2, 32] when it should be [5, 32]"));
  const FolderCopy other("llama31", adapters_folder());
  EXPECT_THAT(refusal(other, model_of(kCases[2])->config()),
              HasSubstr("which is not an adapter of a gpt2 model"));
  Config shallow = config;
  shallow.layers = 1;
  EXPECT_THAT(refusal(other, shallow), HasSubstr("which is not an adapter of a llama model of 1 layers"));
}

TEST(AdapterFile, NamesFilesThatAreMissing) {
  const Config config = model_of(kCases[0])->config();
  const FolderCopy copy("llama31", adapters_folder());
  fs::remove(copy.file("adapter_model.safetensors"));
  EXPECT_THAT(refusal(copy, config), HasSubstr("adapter_model.safetensors"));
  fs::remove(copy.file("adapter_config.json"));
  EXPECT_THAT(refusal(copy, config), HasSubstr("adapter_config.json"));
}

}  // namespace
}  // namespace gistmill::decoder::test
