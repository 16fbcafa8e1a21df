// What a model says of itself, and what loading it needs.
#include "plugins/teacher/decoder/files/model_file.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <gistmill/plugin/values.hpp>
#include <nlohmann/json.hpp>

#include "tests/plugins/teacher/decoder/files/families.hpp"

namespace gistmill::decoder::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
const std::vector<std::string> kLlamaLike = {"llama", "mistral", "smollm3", "qwen2", "qwen3"};

template <class Body>
std::string refusal(const Body& body, gm_status code = GM_ERROR_USER) {
  try {
    body();
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.code, code);
    return error.what();
  }
}

TEST(OpenModel, RefusesArchitecturesThatAreNotAskedFor) {
  const std::string path = families_folder() + "/gpt2";
  EXPECT_EQ(refusal([&] { open_model(path, kLlamaLike); }),
            path + ": the architecture is gpt2 when it should be llama, mistral, smollm3, qwen2 or qwen3");
  const std::string llama = families_folder() + "/llama2.gguf";
  EXPECT_EQ(refusal([&] { open_model(llama, {"gpt2"}); }),
            llama + ": the architecture is llama when it should be gpt2");
}

TEST(OpenModel, SaysThatThereIsNoFile) {
  EXPECT_THAT(refusal([] { open_model("no/such/model", kLlamaLike); }), HasSubstr("no/such/model"));
}

TEST(ModelFile, DescribesAFolder) {
  const json found = json::parse(open_model(families_folder() + "/llama31", kLlamaLike)->describe());
  const json expected = {{"architecture", "llama"},
                         {"layers", 2},
                         {"hidden_size", 32},
                         {"heads", 4},
                         {"kv_heads", 2},
                         {"head_size", 8},
                         {"feed_forward_size", 24},
                         {"vocabulary", 40},
                         {"context_length", 64},
                         {"parameters", 12192},
                         {"stored", {{"BF16", 20}}},
                         {"file_bytes", 24384},
                         {"memory_bytes", {{"f32", 48768}, {"bf16", 24704}}},
                         {"tied_head", true},
                         {"end_tokens", {2}},
                         {"end_token_sources", {"generation_config.json"}},
                         {"files", {"config.json", "generation_config.json", "model.safetensors"}},
                         {"rope",
                          {{"kind", "llama3"},
                           {"base", 100.0},
                           {"factor", 8.0},
                           {"low_frequency_factor", 1.0},
                           {"high_frequency_factor", 4.0},
                           {"original_context_length", 40.0}}}};
  EXPECT_EQ(found, expected) << found.dump(1);
}

TEST(ModelFile, DescribesAGgufFile) {
  const json found = json::parse(open_model(families_folder() + "/smollm3.gguf", kLlamaLike)->describe());
  EXPECT_EQ(found["stored"], json({{"BF16", 29}, {"F32", 9}}));
  EXPECT_EQ(found["rope"]["unrotated_layers"], json({3}));
  EXPECT_EQ(found["tied_head"], true);
  EXPECT_FALSE(found.contains("sliding_window"));
}

TEST(ModelFile, SaysWhichLayersHaveAWindow) {
  const json found = json::parse(open_model(families_folder() + "/mistral", kLlamaLike)->describe());
  EXPECT_EQ(found["context_length"], 64);
  EXPECT_EQ(found["windowed_layers"]["window"], 32);
  EXPECT_EQ(found["windowed_layers"]["layers"], json({0, 1}));
}

TEST(ModelFile, HasNoRotaryPositionsInGpt2) {
  const json found = json::parse(open_model(families_folder() + "/gpt2", {"gpt2"})->describe());
  EXPECT_FALSE(found.contains("rope"));
}

TEST(ModelFile, RefusesARequestForAnotherTensor) {
  const auto file = open_model(families_folder() + "/llama31", kLlamaLike);
  EXPECT_FALSE(file->contains("output.weight"));
  EXPECT_THAT(refusal([&] {
                file->read("output.weight", {40, 32});
              }),
              AllOf(HasSubstr("llama31"), HasSubstr("has no tensor 'output.weight'")));
  EXPECT_THAT(refusal([&] {
                file->read("blk.0.attn_q.weight", {16, 32});
              }),
              HasSubstr("has shape [32, 32] when it should be [16, 32]"));
}

TEST(CheckMemory, SaysWhatIsNeededBeforeALoadStarts) {
  const auto file = open_model(families_folder() + "/llama31", kLlamaLike);
  EXPECT_EQ(refusal([&] { check_memory(*file, at::kFloat, std::uint64_t{1} << 40); }), "");
  EXPECT_EQ(refusal([&] { check_memory(*file, at::kFloat, std::nullopt); }), "");
  EXPECT_THAT(refusal([&] { check_memory(*file, at::kFloat, 1000); }, GM_ERROR_UNAVAILABLE),
              AllOf(HasSubstr("loading it in f32 needs 57 kB of memory, but only 1 kB is available"),
                    HasSubstr("take a smaller model or free memory")));
  const auto narrow = static_cast<std::uint64_t>(load_bytes(file->plan(), at::kBFloat16));
  EXPECT_THAT(refusal([&] { check_memory(*file, at::kFloat, narrow); }, GM_ERROR_UNAVAILABLE),
              HasSubstr("set dtype = \"bf16\""));
  EXPECT_EQ(refusal([&] { check_memory(*file, at::kBFloat16, narrow); }), "");
}

}  // namespace
}  // namespace gistmill::decoder::test
