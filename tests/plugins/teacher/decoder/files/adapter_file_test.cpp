// Adapters as PEFT writes and reads them.
#include "plugins/teacher/decoder/files/adapter_file.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>
#include <fstream>
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
  std::string model() const { return std::string(name).substr(0, std::string(name).find('-')); }
};
constexpr Case kCases[] = {
    {"llama31", "llama"},      {"qwen3", "qwen3"},          {"gpt2", "gpt2"},
    {"llama31-dora", "llama"}, {"gpt2-dora", "gpt2"},       {"qwen2-whole", "qwen2"},
    {"gpt2-whole", "gpt2"},    {"llama31-tokens", "llama"}, {"llama31-embedding", "llama"},
    {"llama31-tied", "llama"}};

std::string adapter_of(const std::string& name) { return adapters_folder() + "/" + name; }

std::shared_ptr<const ModelFile> model_of(const Case& model) {
  return open_model(families_folder() + "/" + model.model(), {model.architecture});
}

std::string refusal(const FolderCopy& adapter, const ModelPlan& plan) {
  try {
    read_adapter(adapter.path(), plan);
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
    const AdapterFile adapter = read_adapter(adapter_of(model.name), file->plan());
    Weights weights = load_weights(file->config(), with_replaced(file, adapter), at::kFloat);
    attach(adapter.parts, file->config(), weights);
    const Model adapted(file->config(), std::move(weights), {}, 4);
    Batch batch;
    batch.ids = expected_of(model.model()).ids.unsqueeze(0);
    const at::Tensor expected = load_tensor(adapter_of(model.name) + ".expected.safetensors", "logits");
    const double difference = (adapted.forward(batch)[0] - expected).abs().max().item<double>();
    RecordProperty(model.name, std::to_string(difference));
    EXPECT_LE(difference, 1e-4);
  }
}

TEST(AdapterFile, KnowsItsSettings) {
  const auto file = model_of(kCases[0]);
  const AdapterFile adapter = read_adapter(adapter_of("llama31"), file->plan());
  EXPECT_EQ(adapter.rank, 2);
  EXPECT_EQ(adapter.alpha, 6.0);
  EXPECT_EQ(adapter.dropout, 0.1);
  EXPECT_EQ(adapter.parts.size(), 14u);
  EXPECT_EQ(adapter.parts.front().scale, 3.0);
  const auto qwen3 = model_of(kCases[1]);
  EXPECT_DOUBLE_EQ(read_adapter(adapter_of("qwen3"), qwen3->plan()).parts.front().scale,
                   8.0 / std::sqrt(3.0));
}

// The same names, shapes and values as PEFT's own file, but for copies of a bias under other names.
TEST(AdapterFile, WritesWhatPeftWrote) {
  for (const Case& model : kCases) {
    SCOPED_TRACE(model.name);
    const ModelPlan plan = model_of(model)->plan();
    const AdapterFile adapter = read_adapter(adapter_of(model.name), plan);
    if (!adapter.decomposed.empty()) continue;  // read, but not written
    const std::string path = testing::TempDir() + "/gistmill_adapter_" + model.name;
    fs::remove_all(path);
    write_adapter(path, adapter, plan.config, "adapter");
    const formats::Safetensors written(fs::path(path) / "adapter_model.safetensors");
    const formats::Safetensors right(fs::path(adapter_of(model.name)) / "adapter_model.safetensors");
    std::size_t copies = 0;
    for (const formats::SafetensorsTensor& tensor : right.tensors()) {
      const std::string name(tensor.name);
      if (name.find(".original_module.") != name.npos || name.find(".modules_to_save.") != name.npos) {
        ++copies;
        continue;
      }
      const formats::SafetensorsTensor* found = written.find(tensor.name);
      ASSERT_NE(found, nullptr) << tensor.name;
      EXPECT_EQ(found->shape, tensor.shape) << tensor.name;
      EXPECT_TRUE(found->data == tensor.data) << tensor.name;
    }
    EXPECT_EQ(written.tensors().size() + copies, right.tensors().size());
    const AdapterFile again = read_adapter(path, plan);
    EXPECT_DOUBLE_EQ(again.parts.front().scale, adapter.parts.front().scale);
    EXPECT_EQ(again.bias, adapter.bias);
    EXPECT_EQ(again.saved_modules, adapter.saved_modules);
    EXPECT_THROW(write_adapter(path, again, plan.config, "adapter"), Error) << "the folder exists";
    fs::remove_all(path);
  }
}

// A module's own rank and alpha: the first pattern that fits the end of its name, or with ^ the whole.
TEST(AdapterFile, FollowsRanksAndAlphasOfSingleModules) {
  const ModelPlan plan = model_of(kCases[0])->plan();
  const FolderCopy copy("llama31", adapters_folder());
  copy.change_json("adapter_config.json", [](nlohmann::json& json) {
    json["alpha_pattern"] = {{R"(^model\.layers\.[13]\.self_attn\.v_proj)", 5}, {"v_(proj|x)", 10}};
    json["r"] = 7;
    json["rank_pattern"] = {{"proj", 7}, {"layers.0.mlp.up_proj", 2}};
  });
  EXPECT_THAT(refusal(copy, plan), HasSubstr("[7, 32]"))
      << "proj is the end of no name; other modules have 7";
  copy.change_json("adapter_config.json", [](nlohmann::json& json) {
    json["r"] = 2;
    json["rank_pattern"] = {{"v_proj", 2}};
  });
  const AdapterFile adapter = read_adapter(copy.path(), plan);
  for (const AdapterPart& part : adapter.parts) {
    const bool value = part.target == "v_proj";
    EXPECT_EQ(part.scale, value ? (part.layer == 1 ? 2.5 : 5.0) : 3.0) << part.target << part.layer;
  }
  const std::string path = ::testing::TempDir() + "/gistmill_adapter_patterns";
  fs::remove_all(path);
  write_adapter(path, adapter, plan.config, "adapter");
  const AdapterFile again = read_adapter(path, plan);
  for (std::size_t i = 0; i < adapter.parts.size(); ++i)
    EXPECT_DOUBLE_EQ(again.parts[i].scale, adapter.parts[i].scale);
  fs::remove_all(path);
}

// Trained rows take the model's place in the embedding, and in the head where the model ties them, unless the
// adapter has a head of its own.
TEST(AdapterFile, PutsTrainedRowsAndWholeTablesInTheModelsPlace) {
  const auto file = model_of(kCases[0]);
  const ModelPlan plan = file->plan();
  ASSERT_FALSE(plan.layout.own_head);
  AdapterFile adapter = read_adapter(adapter_of("llama31"), plan);
  adapter.rows.tokens = {5, 3};
  adapter.rows.values = at::arange(2 * plan.config.width, at::kFloat).view({2, plan.config.width});
  const Weights plain = load_weights(plan.config, file, at::kFloat);
  AdapterFile rows_only;
  rows_only.vocabulary = plan.config.vocabulary;
  rows_only.rows = adapter.rows;
  const Weights rows = load_weights(plan.config, with_replaced(file, rows_only), at::kFloat);
  EXPECT_TRUE(at::equal(rows.embedding[5], adapter.rows.values[0]));
  EXPECT_TRUE(at::equal(rows.embedding[3], adapter.rows.values[1]));
  EXPECT_TRUE(at::equal(rows.embedding[4], plain.embedding[4]));
  EXPECT_TRUE(rows.head.weight.is_same(rows.embedding));

  const at::Tensor head = at::ones({plan.config.vocabulary, plan.config.width});
  adapter.saved["base_model.model.lm_head.weight"] = head;
  const std::string path = ::testing::TempDir() + "/gistmill_adapter_rows";
  fs::remove_all(path);
  write_adapter(path, adapter, plan.config, "adapter");
  const AdapterFile again = read_adapter(path, plan);
  fs::remove_all(path);
  EXPECT_EQ(again.rows.tokens, adapter.rows.tokens);
  const Weights changed = load_weights(plan.config, with_replaced(file, again), at::kFloat);
  EXPECT_TRUE(at::equal(changed.embedding, rows.embedding));
  EXPECT_TRUE(at::equal(changed.head.weight, head));
}

TEST(AdapterFile, SaysHowToConvertPythonsOwnFormat) {
  const FolderCopy copy("llama31", adapters_folder());
  fs::rename(copy.file("adapter_model.safetensors"), copy.file("adapter_model.bin"));
  EXPECT_THAT(refusal(copy, model_of(kCases[0])->plan()), HasSubstr("load it with PEFT and save it again"));
}

TEST(AdapterFile, RefusesOtherKindsOfAdapters) {
  const ModelPlan plan = model_of(kCases[0])->plan();
  const auto with = [&](const char* key, const nlohmann::json& value) {
    const FolderCopy copy("llama31", adapters_folder());
    copy.change_json("adapter_config.json", [&](nlohmann::json& json) { json[key] = value; });
    return refusal(copy, plan);
  };
  EXPECT_THAT(with("peft_type", "IA3"), HasSubstr("peft_type is \"IA3\" when it should be \"LORA\""));
  EXPECT_THAT(with("use_dora", true), HasSubstr("q_proj.lora_magnitude_"));
  EXPECT_THAT(with("bias", "some"), HasSubstr("bias is \"some\" when it should be \"none\", \"all\""));
  EXPECT_THAT(with("rank_pattern", {{"q_proj", 4}}),
              HasSubstr("has shape [2, 32] when it should be [4, 32]"));
  EXPECT_THAT(with("rank_pattern", {{"q_proj", -4}}), HasSubstr("when it should be whole numbers above 0"));
  EXPECT_THAT(with("alpha_pattern", {{"q_(proj", 4}}), HasSubstr("by regular expressions for the ends"));
  EXPECT_THAT(with("trainable_token_indices", {3, 3}),
              HasSubstr("token ids of the input embedding, none twice"));
  EXPECT_THAT(with("trainable_token_indices", {1000000}),
              HasSubstr("trains token 1000000 when the model has"));
  EXPECT_THAT(with("trainable_token_indices", {1}), HasSubstr("has no tensor"));
  EXPECT_EQ(with("modules_to_save", {"lm_head"}), "");
  EXPECT_THAT(with("init_lora_weights", "pissa"), HasSubstr("init_lora_weights is \"pissa\""));
  EXPECT_THAT(with("r", 0), HasSubstr("r is 0 when it should be 1 or more"));
  EXPECT_EQ(with("base_model_name_or_path", "elsewhere"), "");
}

TEST(AdapterFile, RefusesWhatDoesNotFitTheModel) {
  const FolderCopy copy("llama31", adapters_folder());
  copy.change_json("adapter_config.json", [](nlohmann::json& json) { json["r"] = 5; });
  const ModelPlan plan = model_of(kCases[0])->plan();
  EXPECT_THAT(refusal(copy, plan), HasSubstr("has shape [2, 32] when it should be [5, 32]"));
  const FolderCopy other("llama31", adapters_folder());
  EXPECT_THAT(refusal(other, model_of(kCases[2])->plan()),
              HasSubstr("which is not an adapter of a gpt2 model"));
  ModelPlan shallow = plan;
  shallow.config.layers = 1;
  EXPECT_THAT(refusal(other, shallow), HasSubstr("which is not an adapter of a llama model of 1 layers"));
}

TEST(AdapterFile, NamesAPointerOfGitLfsAndAFolderThatIsNone) {
  const ModelPlan plan = model_of(kCases[0])->plan();
  const FolderCopy copy("llama31", adapters_folder());
  std::ofstream(copy.file("adapter_model.safetensors"))
      << "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n";
  EXPECT_THAT(refusal(copy, plan), HasSubstr("adapter_model.safetensors: is a Git LFS pointer"));
  EXPECT_THROW(read_adapter(copy.file("adapter_config.json"), plan), Error);
}

TEST(AdapterFile, NamesFilesThatAreMissing) {
  const ModelPlan plan = model_of(kCases[0])->plan();
  const FolderCopy copy("llama31", adapters_folder());
  fs::remove(copy.file("adapter_model.safetensors"));
  EXPECT_THAT(refusal(copy, plan), HasSubstr("adapter_model.safetensors"));
  fs::remove(copy.file("adapter_config.json"));
  EXPECT_THAT(refusal(copy, plan), HasSubstr("adapter_config.json"));
}

}  // namespace
}  // namespace gistmill::decoder::test
