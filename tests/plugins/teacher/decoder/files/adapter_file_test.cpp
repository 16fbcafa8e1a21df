// Adapters as PEFT writes and reads them.
#include "plugins/teacher/decoder/files/adapter_file.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <cmath>
#include <cstring>
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
constexpr Case kCases[] = {{"llama31", "llama"},
                           {"qwen3", "qwen3"},
                           {"gpt2", "gpt2"},
                           {"llama31-dora", "llama"},
                           {"gpt2-dora", "gpt2"},
                           {"qwen2-whole", "qwen2"},
                           {"gpt2-whole", "gpt2"},
                           {"llama31-bias", "llama"},
                           {"qwen2-bias", "qwen2"},
                           {"gpt2-bias", "gpt2"},
                           {"llama2-head-bias", "llama"},
                           {"llama31-tokens", "llama"},
                           {"llama31-embedding", "llama"},
                           {"llama31-tied", "llama"},
                           {"llama31-table", "llama"},
                           {"llama31-table-tied", "llama"},
                           {"llama31-head", "llama"},
                           {"llama2-tables", "llama"},
                           {"llama2-tables-dora", "llama"},
                           {"gpt2-table", "gpt2"},
                           {"gemma3-table", "gemma3_text"},
                           {"llama2-tokens", "llama"},
                           {"qwen3-tokens", "qwen3"},
                           {"llama31-resized", "llama"},
                           {"qwen3-resized", "qwen3"},
                           {"llama31-resized-tokens", "llama"},
                           {"gpt2-resized-table", "gpt2"},
                           {"llama31-only-tokens", "llama"},
                           {"llama2-only-tokens", "llama"},
                           {"gpt2-only-tokens", "gpt2"},
                           {"llama31-ia3", "llama"},
                           {"qwen2-ia3", "qwen2"},
                           {"gpt2-ia3", "gpt2"}};

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
    const Config config = adapter.plan_of(file->plan()).config;
    Weights weights = load_weights(config, with_replaced(file, adapter), at::kFloat);
    attach(adapter.parts, config, weights);
    const Model adapted(config, std::move(weights), {}, 4);
    Batch batch;
    batch.ids = expected_of(model.model()).ids.unsqueeze(0).remainder(config.vocabulary);
    const at::Tensor expected = load_tensor(adapter_of(model.name) + ".expected.safetensors", "logits");
    ASSERT_EQ(expected.size(1), config.vocabulary);
    const bool head_bias = model.name == std::string("llama2-head-bias");
    if (head_bias) {
      EXPECT_THROW(adapted.head(), Error) << "its rows alone are not the head";
    }
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

// Of a bias under other names, and of the embedding's own in a head that is tied to it.
bool is_copy(const std::string& name, const AdapterFile& adapter) {
  if (name.find(".original_module.") != name.npos || name.find(".modules_to_save.") != name.npos) return true;
  return name.find("lm_head.") != name.npos && name.ends_with("trainable_tokens_delta") &&
         adapter.head_rows.tokens.empty();
}

// The same names, shapes and values as PEFT's own file, but for copies.
TEST(AdapterFile, WritesWhatPeftWrote) {
  for (const Case& model : kCases) {
    SCOPED_TRACE(model.name);
    const ModelPlan plan = model_of(model)->plan();
    const AdapterFile adapter = read_adapter(adapter_of(model.name), plan);
    if (!adapter.only_read.empty()) continue;
    const std::string path = testing::TempDir() + "/gistmill_adapter_" + model.name;
    fs::remove_all(path);
    write_adapter(path, adapter, plan.config, "adapter");
    const formats::Safetensors written(fs::path(path) / "adapter_model.safetensors");
    const formats::Safetensors right(fs::path(adapter_of(model.name)) / "adapter_model.safetensors");
    std::size_t copies = 0;
    for (const formats::SafetensorsTensor& tensor : right.tensors()) {
      const std::string name(tensor.name);
      if (is_copy(name, adapter)) {
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
    ASSERT_EQ(again.parts.size(), adapter.parts.size());
    for (std::size_t i = 0; i < again.parts.size(); ++i)
      EXPECT_DOUBLE_EQ(again.parts[i].scale, adapter.parts[i].scale);
    ASSERT_EQ(again.changes.size(), adapter.changes.size());
    for (const auto& [tensor, change] : adapter.changes)
      EXPECT_DOUBLE_EQ(again.changes.at(tensor).scale, change.scale) << tensor;
    EXPECT_EQ(again.own_head, adapter.own_head);
    EXPECT_EQ(again.keeps_ties, adapter.keeps_ties);
    EXPECT_EQ(again.rows.tokens, adapter.rows.tokens);
    EXPECT_EQ(again.head_rows.tokens, adapter.head_rows.tokens);
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

// PEFT would else look for adapters in every layer.
TEST(AdapterFile, NamesTheLayersWhereNotAllHaveAdapters) {
  const ModelPlan plan = model_of(kCases[0])->plan();
  AdapterFile adapter = read_adapter(adapter_of("llama31"), plan);
  std::erase_if(adapter.parts, [](const AdapterPart& part) { return part.layer > 0; });
  ASSERT_FALSE(adapter.parts.empty());
  const std::string path = ::testing::TempDir() + "/gistmill_adapter_layers";
  fs::remove_all(path);
  write_adapter(path, adapter, plan.config, "adapter");
  std::ifstream file(fs::path(path) / "adapter_config.json");
  EXPECT_EQ(nlohmann::json::parse(file)["layers_to_transform"], nlohmann::json::array({0}));
  EXPECT_EQ(read_adapter(path, plan).parts.size(), adapter.parts.size());
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
  EXPECT_THAT(with("peft_type", "VERA"),
              HasSubstr("peft_type is \"VERA\" when it should be \"LORA\", \"TRAINABLE_TOKENS\" or \"IA3\""));
  EXPECT_THAT(with("peft_type", "VERA"), HasSubstr("merge_and_unload().save_pretrained(FOLDER)"));
  EXPECT_THAT(with("peft_type", "IA3"),
              HasSubstr("which is not known here: the result could be wrong; an adapter"));
  EXPECT_THAT(with("use_dora", true), HasSubstr("q_proj.lora_magnitude_"));
  EXPECT_THAT(with("lora_bias", true), HasSubstr("q_proj.lora_B.bias"));
  EXPECT_THAT(with("bias", "some"), HasSubstr("bias is \"some\" when it should be \"none\", \"all\""));
  EXPECT_THAT(with("rank_pattern", {{"q_proj", 4}}),
              HasSubstr("has shape [2, 32] when it should be [4, 32]"));
  EXPECT_THAT(with("rank_pattern", {{"q_proj", -4}}), HasSubstr("when it should be whole numbers above 0"));
  EXPECT_THAT(with("alpha_pattern", {{"q_(proj", 4}}), HasSubstr("by regular expressions for the ends"));
  EXPECT_THAT(with("trainable_token_indices", {3, 3}),
              HasSubstr("token ids of the input embedding or the head, none twice"));
  EXPECT_THAT(with("trainable_token_indices", {{"norm", {3}}}), HasSubstr("of embed_tokens (GPT-2: wte)"));
  EXPECT_THAT(with("trainable_token_indices", {1000000}),
              HasSubstr("trains token 1000000 when the model has 40; in PEFT, save_pretrained(FOLDER, "
                        "save_embedding_layers=True) saves"));
  EXPECT_THAT(with("trainable_token_indices", {1}), HasSubstr("has no tensor"));
  EXPECT_EQ(with("modules_to_save", {"lm_head"}), "");
  EXPECT_THAT(with("init_lora_weights", "pissa_niter_4"),
              HasSubstr("init_lora_weights is \"pissa_niter_4\""));
  for (const char* start : {"pissa", "olora", "corda"})
    EXPECT_THAT(with("init_lora_weights", start), HasSubstr("path_initial_model_for_weight_conversion"));
  EXPECT_THAT(with("init_lora_weights", "loftq"), HasSubstr("merge_and_unload().save_pretrained(FOLDER)"));
  EXPECT_THAT(with("r", 0), HasSubstr("r is 0 when it should be 1 or more"));
  EXPECT_EQ(with("base_model_name_or_path", "elsewhere"), "");
  EXPECT_EQ(with("eva_config", {{"rho", 2.0}, {"tau", 0.99}}), "");
}

// PEFT's own where adapter_config.json says nothing.
TEST(AdapterFile, HasRankAndAlphaOfEightWhereTheFileNamesNone) {
  const ModelPlan plan = model_of(kCases[0])->plan();
  const FolderCopy copy("llama31", adapters_folder());
  copy.change_json("adapter_config.json", [](nlohmann::json& json) { json.erase("lora_alpha"); });
  EXPECT_EQ(read_adapter(copy.path(), plan).parts.front().scale, 4.0);
  copy.change_json("adapter_config.json", [](nlohmann::json& json) { json.erase("r"); });
  EXPECT_THAT(refusal(copy, plan), HasSubstr("has shape [2, 32] when it should be [8, 32]"));
  copy.change_json("adapter_config.json", [](nlohmann::json& json) { json["rank_pattern"] = {{".*", 2}}; });
  EXPECT_EQ(read_adapter(copy.path(), plan).rank, 8);
}

constexpr const char* kTensors = "adapter_model.safetensors";

// As where a training loop wrote the state itself.
void name_the_adapter(std::vector<RawTensor>& tensors) {
  for (RawTensor& tensor : tensors) {
    std::string& name = tensor.name;
    for (const char* part : {".lora_A", ".lora_B", ".lora_embedding_A", ".lora_embedding_B", ".ia3_l",
                             ".trainable_tokens_delta"}) {
      const std::size_t begin = name.find(part);
      const std::size_t end = begin == name.npos ? begin : begin + std::strlen(part);
      if (end == name.size() || (end != name.npos && name[end] == '.')) name.insert(end, ".default");
    }
  }
}

TEST(AdapterFile, IsTheSameWhereItsNamesHoldTheAdaptersOwn) {
  for (const Case& model : kCases) {
    SCOPED_TRACE(model.name);
    const ModelPlan plan = model_of(model)->plan();
    const FolderCopy copy(model.name, adapters_folder());
    copy.change_tensors(name_the_adapter, kTensors);
    const AdapterFile named = read_adapter(copy.path(), plan);
    const AdapterFile right = read_adapter(adapter_of(model.name), plan);
    ASSERT_EQ(named.parts.size(), right.parts.size());
    for (std::size_t i = 0; i < right.parts.size(); ++i)
      EXPECT_TRUE(at::equal(named.parts[i].up, right.parts[i].up));
    EXPECT_EQ(named.changes.size(), right.changes.size());
    EXPECT_EQ(named.rows.tokens, right.rows.tokens);
    EXPECT_EQ(named.saved.size(), right.saved.size());
  }
}

// A tied head is the embedding as it was, or follows it, as PEFT does.
TEST(AdapterFile, KnowsWhetherATiedHeadFollows) {
  const auto own_head = [](const char* name, const Case& model) {
    return read_adapter(adapter_of(name), model_of(model)->plan()).own_head;
  };
  EXPECT_TRUE(own_head("llama31-table", kCases[0]));
  EXPECT_FALSE(own_head("llama31-table-tied", kCases[0]));
  EXPECT_TRUE(own_head("llama31-head", kCases[0]));
  EXPECT_FALSE(own_head("llama31-resized-tokens", kCases[0]));
  EXPECT_FALSE(own_head("llama31-only-tokens", kCases[0]));
  EXPECT_FALSE(own_head("llama31-ia3", kCases[0]));
}

TEST(AdapterFile, NamesTablesThatWereResizedButNotSaved) {
  const FolderCopy copy("gpt2-resized-table", adapters_folder());
  copy.change_tensors(
      [](std::vector<RawTensor>& tensors) {
        std::erase_if(tensors, [](const RawTensor& tensor) { return tensor.shape[0] == 42; });
      },
      kTensors);
  EXPECT_THAT(
      refusal(copy, model_of(kCases[2])->plan()),
      HasSubstr("wte.lora_embedding_A is for 42 tokens when the model has 40; in PEFT, save_pretrained("
                "FOLDER, save_embedding_layers=True)"));
  const FolderCopy headless("qwen3-resized", adapters_folder());
  headless.change_tensors(
      [](std::vector<RawTensor>& tensors) {
        std::erase_if(tensors,
                      [](const RawTensor& tensor) { return tensor.name.ends_with("lm_head.weight"); });
      },
      kTensors);
  EXPECT_THAT(refusal(headless, model_of(kCases[1])->plan()),
              HasSubstr("brings an embedding of 37 rows when the head has 40; in PEFT, save_pretrained("));
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
