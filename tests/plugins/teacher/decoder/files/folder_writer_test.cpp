// A model written as a Hugging Face folder is the model that was read.
#include "plugins/teacher/decoder/files/folder_writer.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <cstring>
#include <filesystem>
#include <gistmill/formats/safetensors.hpp>
#include <gistmill/plugin/values.hpp>
#include <nlohmann/json.hpp>

#include "plugins/teacher/decoder/files/gguf_model.hpp"
#include "tests/plugins/teacher/decoder/files/families.hpp"
#include "tests/plugins/teacher/decoder/files/folder_copy.hpp"
#include "tests/plugins/teacher/decoder/files/gguf_files.hpp"

namespace gistmill::decoder::test {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;

// A folder that does not exist yet, and does not stay.
struct Output {
  explicit Output(const std::string& name) : path(testing::TempDir() + "/gistmill_out_" + name) {
    fs::remove_all(path);
  }
  ~Output() { fs::remove_all(path); }
  std::string path;
};

std::vector<std::string> write(const Output& out, const ModelFile& source,
                               at::ScalarType dtype = at::kFloat) {
  const auto shared = std::shared_ptr<const ModelFile>(&source, [](const ModelFile*) {});
  return write_folder(out.path, source, source.plan(), load_weights(source.config(), shared, at::kFloat),
                      dtype, "export");
}

void expect_same_model(const ModelFile& found, const ModelFile& expected) {
  for (const NamedShape& tensor : tensors_of(expected.plan())) {
    ASSERT_TRUE(found.contains(tensor.name)) << tensor.name;
    EXPECT_TRUE(at::equal(found.read(tensor.name, tensor.shape), expected.read(tensor.name, tensor.shape)))
        << tensor.name;
  }
  const Config& a = found.config();
  const Config& b = expected.config();
  EXPECT_EQ(a.norm_epsilon, b.norm_epsilon);
  EXPECT_EQ(a.unrotated_layers, b.unrotated_layers);
  EXPECT_EQ(a.end_tokens, b.end_tokens);
  EXPECT_EQ(a.context, b.context);
  EXPECT_DOUBLE_EQ(a.rotary_magnitude, b.rotary_magnitude);
  ASSERT_EQ(a.rotary_frequencies.size(), b.rotary_frequencies.size());
  for (std::size_t i = 0; i < a.rotary_frequencies.size(); ++i) {
    EXPECT_NEAR(a.rotary_frequencies[i] / b.rotary_frequencies[i], 1.0, 1e-4);
  }
}

TEST(FolderWriter, WritesEveryFamilyAsItWasRead) {
  for (const Family& family : families()) {
    SCOPED_TRACE(family.name);
    const auto source = open_model(folder_of(family), {family.architecture});
    const Output out(family.name);
    EXPECT_THAT(write(out, *source), Contains("generation_config.json"));
    expect_same_model(*open_model(out.path, {family.architecture}), *source);
  }
}

TEST(FolderWriter, WritesTheTextModelOfAModelOfTextAndImagesAlone) {
  FolderCopy folder("gemma3");
  put_images_beside(folder, "language_model.model.");
  const auto source = open_model(folder.path(), {"gemma3_text"});
  const Output out("gemma3_images");
  write(out, *source);
  expect_same_model(*open_model(out.path, {"gemma3_text"}), *source);
}

// Names, shapes and layout are the file's own, not only what our reader makes of them.
TEST(FolderWriter, WritesTheTensorsOfTheOriginalFile) {
  for (const char* name : {"llama2", "qwen3", "gpt2"}) {
    SCOPED_TRACE(name);
    const std::string folder = families_folder() + "/" + name;
    const Output out(name);
    write(out, *open_model(folder, {"llama", "qwen3", "gpt2"}), at::kHalf);
    const formats::Safetensors written(fs::path(out.path) / "model.safetensors");
    const formats::Safetensors right(fs::path(folder) / "model.safetensors");
    EXPECT_EQ(written.tensors().size(), right.tensors().size());
    for (const formats::SafetensorsTensor& tensor : right.tensors()) {
      const bool bare = std::string(name) == "gpt2";  // the fixture leaves the prefix out
      const formats::SafetensorsTensor* found =
          written.find((bare ? "transformer." : "") + std::string(tensor.name));
      ASSERT_NE(found, nullptr) << tensor.name;
      EXPECT_EQ(found->shape, tensor.shape) << tensor.name;
      EXPECT_TRUE(found->data == tensor.data) << tensor.name;
    }
  }
}

TEST(FolderWriter, MakesAConfigurationForAGgufFile) {
  for (const Family& family : families()) {
    if (!family.has_gguf || family.name == "llama31") continue;
    SCOPED_TRACE(family.name);
    const auto source = open_model(gguf_of(family), {family.architecture});
    const Output out(family.name + "_gguf");
    EXPECT_EQ(write(out, *source), (std::vector<std::string>{"config.json", "model.safetensors"}));
    expect_same_model(*open_model(out.path, {family.architecture}), *source);
  }
}

// Factors as llama.cpp's converter writes them for Llama 3.1 are said in config.json; others cannot be.
TEST(FolderWriter, FindsTheScalingOfLlama31InItsFactors) {
  GgufContent content = content_of_family("llama31");
  Rotary right;
  right.base = 100.0;
  right.scaling = Rotary::Scaling::kLlama3;
  right.factor = 32.0;
  right.original_context = 8192.0;
  content.metadata["llama.rope.freq_base"] = 500000.0f;
  right.base = 500000.0;
  const std::vector<double> scaled = frequencies(right, 8);
  std::string& bytes = content.tensors["rope_freqs.weight"].data;
  for (std::size_t i = 0; i < scaled.size(); ++i) {
    const auto factor = static_cast<float>(rotary_frequencies(500000.0, 8)[i] / scaled[i]);
    std::memcpy(bytes.data() + i * sizeof factor, &factor, sizeof factor);
  }
  const std::string file = to_bytes(content);
  const GgufModel source(file, "llama31.gguf");
  const Output out("factors");
  write(out, source);
  const auto found = open_model(out.path, {"llama"});
  EXPECT_EQ(found->plan().rotary.factor, 32.0);
  expect_same_model(*found, source);
  const auto odd = open_model(families_folder() + "/llama31.gguf", {"llama"});
  const Output none("no_factors");
  try {
    write(none, *odd);
    ADD_FAILURE() << "factors of another original context were taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.key, "export");
    EXPECT_THAT(error.what(), HasSubstr("scaled by factors that no key of config.json says"));
  }
  EXPECT_FALSE(fs::exists(none.path));
}

TEST(FolderWriter, StoresInTheTypeAskedFor) {
  const auto source = open_model(families_folder() + "/llama-linear", {"llama"});
  const Output out("narrow");
  write(out, *source, at::kBFloat16);
  const auto found = open_model(out.path, {"llama"});
  const at::Tensor right = source->read("blk.0.ffn_up.weight", {24, 32});
  EXPECT_TRUE(
      at::equal(found->read("blk.0.ffn_up.weight", {24, 32}), right.to(at::kBFloat16).to(at::kFloat)));
  const nlohmann::json said = nlohmann::json::parse(found->describe());
  EXPECT_EQ(said["stored"].size(), 1u);
  EXPECT_TRUE(said["stored"].contains("BF16"));
}

TEST(FolderWriter, TakesAnEmptyFolder) {
  const auto source = open_model(families_folder() + "/llama2", {"llama"});
  const Output out("empty");
  fs::create_directory(out.path);
  write(out, *source);
  expect_same_model(*open_model(out.path, {"llama"}), *source);
}

TEST(FolderWriter, LeavesNothingHalfWrittenAndOverwritesNothing) {
  const auto source = open_model(families_folder() + "/llama2", {"llama"});
  const Output out("taken");
  fs::create_directories(fs::path(out.path) / "notes");
  try {
    write(out, *source);
    ADD_FAILURE() << "a folder with something in it was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code, GM_ERROR_USER);
    EXPECT_EQ(error.key, "export");
    EXPECT_EQ(error.what(), "cannot make " + out.path + ": file exists; give another name or remove it");
  }
  EXPECT_FALSE(fs::exists(fs::path(out.path) / "config.json"));
  for (const fs::directory_entry& entry : fs::directory_iterator(testing::TempDir())) {
    EXPECT_THAT(entry.path().filename().string(),
                ::testing::Not(HasSubstr(".gistmill-" + std::to_string(::getpid()))));
  }
}

}  // namespace
}  // namespace gistmill::decoder::test
