// Which Hugging Face folders become a teacher, and what a folder that does not is told.
#include "plugins/teacher/decoder/files/folder_model.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <fstream>

#include <gistmill/plugin/values.hpp>

#include "plugins/teacher/decoder/files/adapter_file.hpp"
#include "tests/plugins/teacher/decoder/files/families.hpp"
#include "tests/plugins/teacher/decoder/files/folder_copy.hpp"

namespace gistmill::decoder::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Tensors = std::vector<RawTensor>;

std::string refusal(const FolderCopy& folder) {
  try {
    const FolderModel model(folder.path());
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.code, GM_ERROR_USER);
    EXPECT_EQ(error.key, "model");
    return error.what();
  }
}

RawTensor& named(Tensors& tensors, const std::string& name) {
  for (RawTensor& tensor : tensors) {
    if (tensor.name == name) return tensor;
  }
  throw std::out_of_range(name);
}

TEST(FolderModel, TakesATiedHeadForAnEmbeddingThatIsNotThere) {
  FolderCopy folder("llama31");
  const at::Tensor before = FolderModel(folder.path()).read("token_embd.weight", {40, 32});
  folder.change_tensors(
      [](Tensors& tensors) { named(tensors, "model.embed_tokens.weight").name = "lm_head.weight"; });
  EXPECT_TRUE(at::equal(FolderModel(folder.path()).read("token_embd.weight", {40, 32}), before));
}

TEST(FolderModel, SaysWhatAFolderIsThatHoldsNoModel) {
  FolderCopy folder("llama31");
  std::filesystem::rename(folder.file("config.json"), folder.file("adapter_config.json"));
  EXPECT_THAT(refusal(folder), HasSubstr("is a PEFT adapter; name the model that it was made for"));
  std::filesystem::rename(folder.file("adapter_config.json"), folder.file("snapshots"));
  EXPECT_THAT(refusal(folder), HasSubstr("name the model's own: snapshots/HASH in it"));
}

TEST(FolderModel, ReadsNamesWithAndWithoutPrefix) {
  FolderCopy folder("llama31");
  const at::Tensor before = FolderModel(folder.path()).read("blk.1.attn_k.weight", {16, 32});
  folder.change_tensors([](Tensors& tensors) {
    for (RawTensor& tensor : tensors) tensor.name = tensor.name.substr(std::string("model.").size());
  });
  EXPECT_TRUE(at::equal(FolderModel(folder.path()).read("blk.1.attn_k.weight", {16, 32}), before));
  FolderCopy gpt2("gpt2");
  gpt2.change_tensors([](Tensors& tensors) {
    for (RawTensor& tensor : tensors) tensor.name = "transformer." + tensor.name;
  });
  EXPECT_EQ(refusal(gpt2), "");
}

TEST(FolderModel, ReadsTheTextModelOfAModelOfTextAndImages) {
  const FolderModel alone(families_folder() + "/gemma3");
  for (const char* prefix : {"language_model.model.", "model.language_model."}) {
    FolderCopy folder("gemma3");
    put_images_beside(folder, prefix);
    const FolderModel model(folder.path());
    EXPECT_EQ(model.config().architecture, "gemma3_text");
    EXPECT_EQ(model.config().windowed_layers, alone.config().windowed_layers);
    EXPECT_THAT(model.config().end_tokens, ElementsAre(2, 9));
    for (const NamedShape& tensor : tensors_of(alone.plan())) {
      EXPECT_TRUE(at::equal(model.read(tensor.name, tensor.shape), alone.read(tensor.name, tensor.shape)));
    }
    EXPECT_THAT(model.notes(), ElementsAre(HasSubstr("tensors that the model does not use are left out")));
  }
}

TEST(FolderModel, IgnoresBuffersOfOlderVersions) {
  FolderCopy gpt2("gpt2");
  gpt2.change_tensors([](Tensors& tensors) {
    tensors.push_back({"h.0.attn.bias", {1, 1, 2, 2}, {1, 0, 1, 1}});
    tensors.push_back({"h.0.attn.masked_bias", {}, {-1e4f}});
  });
  EXPECT_EQ(refusal(gpt2), "");
  FolderCopy llama("llama2");
  llama.change_tensors([](Tensors& tensors) {
    tensors.push_back({"model.layers.0.self_attn.rotary_emb.inv_freq", {2}, {1, 0.1f}});
  });
  EXPECT_EQ(refusal(llama), "");
}

TEST(FolderModel, TakesATiedHeadThatIsTheEmbedding) {
  FolderCopy folder("llama31");
  folder.change_tensors([](Tensors& tensors) {
    RawTensor head = named(tensors, "model.embed_tokens.weight");
    head.name = "lm_head.weight";
    tensors.push_back(head);
  });
  EXPECT_EQ(refusal(folder), "");
  folder.change_tensors([](Tensors& tensors) { named(tensors, "lm_head.weight").values[0] += 1.0f; });
  EXPECT_THAT(refusal(folder), HasSubstr("lm_head.weight, that differs from the embedding"));
}

TEST(FolderModel, NamesATensorThatIsMissing) {
  FolderCopy folder("llama2");
  folder.change_tensors([](Tensors& tensors) {
    std::erase_if(tensors, [](const RawTensor& tensor) { return tensor.name == "lm_head.weight"; });
  });
  EXPECT_EQ(refusal(folder), folder.file("model.safetensors") + ": has no tensor 'lm_head.weight'");
  folder.change_tensors([](Tensors& tensors) {
    std::erase_if(tensors, [](const RawTensor& tensor) { return tensor.name == "model.norm.weight"; });
  });
  folder.change_json("config.json", [](nlohmann::json& config) { config["tie_word_embeddings"] = true; });
  EXPECT_THAT(refusal(folder), HasSubstr("has no tensor 'model.norm.weight'"));
}

TEST(FolderModel, NamesTheWrapperThatATensorsNameIsOf) {
  for (const char* wrapper : {"_orig_mod.", "module.", "base_model.model."}) {
    FolderCopy folder("llama2");
    folder.change_tensors([&](Tensors& tensors) {
      for (RawTensor& tensor : tensors) tensor.name = wrapper + tensor.name;
    });
    EXPECT_EQ(refusal(folder),
              folder.file("model.safetensors") + ": has no tensor 'model.embed_tokens.weight', but '" +
                  wrapper +
                  "model.embed_tokens.weight', as a wrapper names it (torch.compile, "
                  "DistributedDataParallel, PEFT); save the model inside it by save_pretrained");
  }
}

TEST(FolderModel, SaysThatAnAdapterInItsFolderIsLeftOut) {
  FolderCopy folder("llama2");
  EXPECT_EQ(adapter_left_out(folder.path()), "");
  folder.write("adapter_config.json", "{}");
  EXPECT_EQ(adapter_left_out(folder.path()),
            folder.path() +
                ": holds a PEFT adapter too (adapter_config.json), which is left out; --set "
                "teacher.adapter=" +
                folder.path() + " applies it");
}

TEST(FolderModel, NamesTheScalesOfAMatrixInFp8ThatAreMissingOrOfAnotherShape) {
  FolderCopy folder("qwen3-fp8");
  EXPECT_EQ(refusal(folder), "");
  folder.change_json("config.json", [](nlohmann::json& config) {
    config["quantization_config"]["weight_block_size"] = {8, 8};
  });
  EXPECT_THAT(refusal(folder), HasSubstr("_scale_inv"));
  FolderCopy plain("qwen3-fp8");
  plain.change_json("config.json", [](nlohmann::json& config) { config.erase("quantization_config"); });
  EXPECT_THAT(refusal(plain),
              HasSubstr("_scale_inv' when a qwen3 model with this config.json has none of that name"));
}

TEST(FolderModel, NamesATensorOfAnotherShape) {
  FolderCopy folder("gpt2");
  folder.change_tensors([](Tensors& tensors) { named(tensors, "h.1.mlp.c_fc.weight").shape = {48, 32}; });
  EXPECT_EQ(refusal(folder),
            folder.file("model.safetensors") +
                ": tensor 'h.1.mlp.c_fc.weight' has shape [48, 32] when it should be [32, 48]");
}

TEST(FolderModel, RefusesATensorThatItDoesNotUseUnlessItIsAskedTo) {
  FolderCopy folder("llama2");
  folder.change_tensors([](Tensors& tensors) {
    tensors.push_back({"model.layers.0.self_attn.q_proj.bias", {32}, std::vector<float>(32)});
  });
  EXPECT_THAT(refusal(folder), AllOf(HasSubstr("has tensor 'model.layers.0.self_attn.q_proj.bias'"),
                                     HasSubstr("none of that name"),
                                     HasSubstr("ignore = [\"model.layers.0.self_attn.q_proj.bias\"]")));
  const FolderModel model(folder.path(), {"model.layers.*.bias"});
  EXPECT_THAT(model.notes(), ElementsAre(HasSubstr("left out: 'model.layers.0.self_attn.q_proj.bias'")));
}

TEST(FolderModel, LeavesOutWhatLiesBesideTheModelAndSaysSo) {
  for (const char* family : {"llama2", "gpt2"}) {
    FolderCopy folder(family);
    folder.change_tensors([](Tensors& tensors) {
      tensors.push_back({"v_head.summary.bias", {1}, std::vector<float>(1)});
      tensors.push_back({"v_head.summary.weight", {1, 32}, std::vector<float>(32)});
    });
    EXPECT_THAT(FolderModel(folder.path()).notes(),
                ElementsAre(HasSubstr("left out: 'v_head.summary.bias' and 1 more")));
  }
}

TEST(FolderModel, LeavesOutATiedHeadThatDiffersWhereItIsAskedTo) {
  FolderCopy folder("llama2");
  folder.change_json("config.json", [](nlohmann::json& config) { config["tie_word_embeddings"] = true; });
  EXPECT_THAT(refusal(folder), HasSubstr("ignore = [\"lm_head.weight\"]"));
  EXPECT_FALSE(FolderModel(folder.path(), {"lm_head.weight"}).plan().layout.own_head);
}

TEST(FolderModel, RefusesMoreLayersThanItHasTensors) {
  FolderCopy folder("llama2");
  folder.change_json("config.json", [](nlohmann::json& config) { config["num_hidden_layers"] = 2000000000; });
  EXPECT_THAT(refusal(folder), HasSubstr("says that it has 2000000000 layers, but holds only 21 tensors"));
}

TEST(FolderModel, NamesAShardThatIsMissing) {
  FolderCopy folder("qwen2");
  std::filesystem::remove(folder.file("model-00002-of-00003.safetensors"));
  EXPECT_THAT(refusal(folder), HasSubstr("model-00002-of-00003.safetensors"));
}

TEST(FolderModel, NamesAFileThatIsCutOff) {
  FolderCopy folder("llama2");
  std::filesystem::resize_file(folder.file("model.safetensors"), 20000);
  EXPECT_THAT(refusal(folder), AllOf(HasSubstr("model.safetensors"),
                                     HasSubstr("; it may be a download that was cut short: fetch it again")));
  folder.write("config.json", folder.text("config.json").substr(0, 100));
  EXPECT_THAT(refusal(folder), AllOf(HasSubstr("config.json:"), HasSubstr("a download that was cut short")));
}

TEST(FolderModel, NamesTheIndexThatItsPartsLack) {
  FolderCopy folder("qwen2");
  std::filesystem::remove(folder.file("model.safetensors.index.json"));
  EXPECT_EQ(refusal(folder), folder.path() +
                                 ": has 'model-00001-of-00003.safetensors', but not the index of the parts, "
                                 "model.safetensors.index.json; fetch it too, from where they came");
}

TEST(FolderModel, SaysWhatAFolderLacks) {
  FolderCopy folder("llama2");
  std::filesystem::remove(folder.file("model.safetensors"));
  EXPECT_THAT(refusal(folder), HasSubstr("has neither model.safetensors nor model.safetensors.index.json"));
  std::filesystem::remove(folder.file("config.json"));
  EXPECT_EQ(refusal(folder), folder.path() + ": has no config.json, so it is not a model's folder");
}

TEST(FolderModel, NamesTheGgufFileThatAFolderHoldsInstead) {
  FolderCopy folder("llama2");
  std::ofstream(folder.file("llama.Q8_0.gguf")) << "GGUF";
  std::filesystem::remove(folder.file("model.safetensors"));
  EXPECT_THAT(refusal(folder),
              HasSubstr(": has no safetensors, but holds a GGUF file, which is a model of its own; "
                        "name it: " +
                        folder.file("llama.Q8_0.gguf")));
  std::filesystem::remove(folder.file("config.json"));
  EXPECT_THAT(refusal(folder), HasSubstr(": holds a GGUF file, which is a model of its own; name it: "));
}

TEST(FolderModel, SaysWhereAConfigurationIsNotJson) {
  FolderCopy folder("llama2");
  folder.write("config.json", "{\"model_type\": \"llama\",}");
  EXPECT_THAT(refusal(folder), HasSubstr("config.json:1:"));
  FolderCopy other("llama2");
  other.write("generation_config.json", "[]");
  EXPECT_THAT(refusal(other), HasSubstr("generation_config.json: is [] when it should be an object"));
}

TEST(FolderModel, HasADigestOfItsContent) {
  FolderCopy folder("llama31");
  const std::string before = FolderModel(folder.path()).digest();
  EXPECT_EQ(before.size(), 64u);
  EXPECT_EQ(FolderModel(folder_of({"llama31", "llama", true})).digest(), before);
  folder.change_json("config.json", [](nlohmann::json& config) { config["rms_norm_eps"] = 0.01; });
  const std::string other_config = FolderModel(folder.path()).digest();
  EXPECT_NE(other_config, before);
  folder.change_tensors([](Tensors& tensors) { tensors[0].values[0] += 1.0f; });
  EXPECT_NE(FolderModel(folder.path()).digest(), other_config);
}

}  // namespace
}  // namespace gistmill::decoder::test
