// One pipeline through the real program in which every letter means several things: two models of other
// widths, depths and vocabularies, two sources of other horizons, a tokenizer, generating, saving, and a
// stranger's plugin.
#include <gmock/gmock.h>

#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "tests/e2e/program.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;

// A Llama of width 16, one layer and 24 tokens, as a Hugging Face folder. The fixtures' have width 32, two
// layers and 40 tokens.
constexpr const char* kConfig =
    R"({"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 16,
"intermediate_size": 24, "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 8,
"vocab_size": 24, "max_position_embeddings": 64, "rms_norm_eps": 1e-6, "rope_theta": 100.0, "hidden_act": "silu",
"attention_bias": false, "mlp_bias": false, "tie_word_embeddings": true, "bos_token_id": 1, "eos_token_id": 2})";

const std::map<std::string, std::vector<std::int64_t>> kWeights = {
    {"model.embed_tokens.weight", {24, 16}},
    {"model.norm.weight", {16}},
    {"model.layers.0.input_layernorm.weight", {16}},
    {"model.layers.0.post_attention_layernorm.weight", {16}},
    {"model.layers.0.self_attn.q_proj.weight", {16, 16}},
    {"model.layers.0.self_attn.k_proj.weight", {8, 16}},
    {"model.layers.0.self_attn.v_proj.weight", {8, 16}},
    {"model.layers.0.self_attn.o_proj.weight", {16, 16}},
    {"model.layers.0.mlp.gate_proj.weight", {24, 16}},
    {"model.layers.0.mlp.up_proj.weight", {24, 16}},
    {"model.layers.0.mlp.down_proj.weight", {16, 24}},
};

std::string safetensors_of_noise() {
  nlohmann::json header;
  std::vector<float> numbers;
  unsigned state = 17;
  for (const auto& [name, shape] : kWeights) {
    const std::size_t first = numbers.size();
    std::size_t count = 1;
    for (const std::int64_t extent : shape) count *= static_cast<std::size_t>(extent);
    for (std::size_t i = 0; i < count; ++i) {
      state = state * 1664525u + 1013904223u;
      numbers.push_back(0.2f * static_cast<float>(state >> 16) / 65536.0f - 0.1f);
    }
    header[name] = {{"dtype", "F32"}, {"shape", shape}, {"data_offsets", {4 * first, 4 * numbers.size()}}};
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const std::uint64_t length = text.size();
  return std::string(reinterpret_cast<const char*>(&length), 8) + text +
         std::string(reinterpret_cast<const char*>(numbers.data()), 4 * numbers.size());
}

class SymbolsTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    write("small/config.json", kConfig);
    write("small/model.safetensors", safetensors_of_noise());
    write("letters", "letters\n");
    write("recipe.toml", recipe());
  }

  static std::string recipe() {
    return R"([components]
near = { use = "test/extracts", horizon = 3, text = "a text of 23 bytes, see", folder = "saved" }
far = { use = "test/extracts", horizon = 5, spans = 3, length = 30 }
teacher = { use = "teacher/llama", model = ")" GISTMILL_SOURCE_DIR
           R"(/tests/plugins/teacher/decoder/fixtures/families/llama2.gguf", dtype = "f32", span = 4, layers = [0, 2], max_tokens = 6 }
student = { use = "teacher/llama", model = "small", dtype = "f32", span = 4, layers = [1], train = "all" }
tokenizer = { use = "tokenizer/letters", model = "letters" }
drift = { use = "test/drift" }
loss = { use = "test/distill" }
census = { use = "test/census" }
optimizer = { use = "optimizer/adamw" }

[pipelines.train]
steps = [
  "near.next",
  { call = "teacher.forward", out = { logits = "wanted" } },
  "student.forward",
  "loss.value",
]
minimize = "loss"
train = ["student"]

[pipelines.measure]
steps = [
  "near.next",
  { call = "far.next", out = { tokens = "far_tokens", ids = "far_ids", spans = "far_spans", targets = "far_targets", text = "far_text", folder = "far_folder" } },
  "teacher.read",
  "teacher.states",
  { call = "teacher.original", out = { hidden_original = "near" } },
  { call = "teacher.read", in = { tokens = "far_tokens" }, out = { context = "far_context" } },
  { call = "teacher.original", in = { context = "far_context", spans = "far_spans", targets = "far_targets" }, out = { hidden_original = "far" } },
  { call = "student.read", out = { context = "student_context" } },
  { call = "student.states", in = { context = "student_context" }, out = { states = "student_states" } },
  { call = "student.original", in = { context = "student_context" }, out = { hidden_original = "student_rows" } },
  { call = "tokenizer.encode", out = { tokens = "text_tokens" } },
  { call = "teacher.generate", in = { prompt = "ids" }, out = { tokens = "written" } },
  "student.save",
  { call = "drift.watch", in = { rows = "student_rows" } },
  { call = "census.count", in = { tokens = "text_tokens" } },
]

[run]
steps = 4
seed = 1
device = "cpu"

[learning_rate]
peak = 1e-2

[evaluations.all]
pipeline = "measure"
steps = 1
)";
  }
  static std::string plugins() {
    return "--plugins '" GISTMILL_BUILD_DIR "/tests/plugins' --plugins '" GISTMILL_BUILD_DIR
           "/tests/models' ";
  }
};

TEST_F(SymbolsTest, EveryPluginsLettersAreItsOwnInOnePipeline) {
  const Answer answer = gistmill("run recipe.toml --folder run " + plugins());
  ASSERT_EQ(answer.code, 0) << answer.err;
  std::map<std::string, double> counted;
  const auto summary = nlohmann::json::parse(read(folder_ / "run/summary.json"));
  for (const auto& entry : summary["evaluations"][0]["entries"]) counted[entry["figure"]] = entry["mean"];
  EXPECT_EQ(counted["near_numbers"], 2 * 3 * 32) << "K, H, D of near and teacher";
  EXPECT_EQ(counted["far_numbers"], 3 * 5 * 32) << "K, H, D of far and teacher";
  EXPECT_EQ(counted["states_numbers"], 2 * 4 * 2 * 32) << "K, S, N, D of teacher";
  EXPECT_EQ(counted["student_numbers"], 2 * 4 * 1 * 16) << "K, S, N, D of student";
  EXPECT_EQ(counted["tokens_numbers"], 23) << "not the layers that the teacher records";
  EXPECT_LE(counted["written_numbers"], 6);
  EXPECT_EQ(counted["drift_numbers"], 3 * 6 * 5) << "D, N, T of drift";
  EXPECT_TRUE(std::filesystem::exists(folder_ / "saved/config.json"));
}

TEST_F(SymbolsTest, APlanSaysWhoseSizesTheyAre) {
  const Answer answer = gistmill("plan recipe.toml " + plugins());
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("train   near.T 24, near.K 2, near.H 3, "));
  for (const char* size : {"teacher.D 32", "student.D 16", "teacher.V 40", "student.V 24", "teacher.N 2",
                           "student.N 1", "near.H 3", "far.H 5", "drift.D 3", "drift.N 6", "S 4"})
    EXPECT_THAT(answer.out, HasSubstr(size));
  EXPECT_THAT(answer.out, HasSubstr("wanted f32[B, T, teacher.V]"));
  EXPECT_THAT(answer.out, HasSubstr("student_states f32[near.K, S, student.N, student.D]"));
  EXPECT_THAT(answer.out, HasSubstr("drift f32[drift.D, drift.N, drift.T]"));
}

TEST_F(SymbolsTest, ASpanLengthThatModelAndSourceDisagreeOnIsRefused) {
  const Answer answer = gistmill("validate recipe.toml --set components.student.span=8 " + plugins());
  EXPECT_EQ(answer.code, 3);
  EXPECT_THAT(answer.err, HasSubstr("S is 8 according to student.span but 4 according to near.span"));
}

// Before anything is loaded, by every verb that plans.
TEST_F(SymbolsTest, LongerThanTheModelReadsAreRefusedAtTheOptionThatFixesThem) {
  nlohmann::json config = nlohmann::json::parse(kConfig);
  config["max_position_embeddings"] = 40;
  write("small/config.json", config.dump());
  for (const char* verb : {"plan", "run"}) {
    const Answer answer =
        gistmill(std::string(verb) + " recipe.toml --set components.near.length=41 " + plugins());
    EXPECT_EQ(answer.code, 3) << answer.err;
    EXPECT_THAT(answer.err, HasSubstr("--set components.near.length=41: near.length is 41 when student."));
    EXPECT_THAT(answer.err, HasSubstr(" takes at most 40\n"));
    EXPECT_THAT(answer.err, HasSubstr("student: C is 40 (context length, from the model file)"));
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "runs/recipe/checkpoints"));
}

}  // namespace
}  // namespace gistmill
