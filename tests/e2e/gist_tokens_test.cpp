// The recipes of gist tokens on the real model, cut to seconds: that each trains and measures, not how well.
#include <gmock/gmock.h>

#include <map>
#include <nlohmann/json.hpp>

#include "tests/e2e/program.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;

class GistTokens : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    if (model().empty()) GTEST_SKIP() << "no model: set GISTMILL_MODEL";
    auto samples = nlohmann::json::array();
    const char* const nouns[] = {"river", "bridge", "lamp", "garden", "letter"};
    for (int i = 0; i < 60; ++i) {
      const std::string noun = nouns[i % 5];
      samples.push_back({{"instruction", "Say " + noun + " and the number."},
                         {"input", i % 3 == 0 ? "" : std::to_string(i)},
                         {"output", noun + " " + std::to_string(i)}});
    }
    write("samples.json", samples.dump());
  }
  static std::string set(const std::string& value) { return " --set '" + value + "'"; }
  std::string small() const {
    return set("variables.model=" + model()) + set("variables.instructions=samples.json") +
           set("run.steps=2") + set("run.minutes=0") + set("learning_rate.warmup=1") +
           set("variables.measured=4") + set("components.texts.validation=0.3");
  }
  Answer run(const std::string& recipe, const std::string& more = "",
             const std::string& folder = "run") const {
    return gistmill("run '" GISTMILL_SOURCE_DIR "/recipes/gist-tokens/" + recipe + ".toml'" + small() + more +
                    " --folder " + folder);
  }
  // The mean of a figure, by variant.
  std::map<std::string, double> means(const std::string& figure) const {
    std::map<std::string, double> found;
    const auto summary = nlohmann::json::parse(read(folder_ / "run/summary.json"));
    for (const auto& evaluation : summary["evaluations"]) {
      for (const auto& entry : evaluation["entries"]) {
        if (entry["figure"] == figure)
          found[entry["variant"].get<std::string>()] = entry["mean"].get<double>();
      }
    }
    return found;
  }
};

TEST_F(GistTokens, AreTrainedAndMeasuredBetweenTheirControls) {
  const Answer answer = run("test-short");
  ASSERT_EQ(answer.code, 0) << answer.err;
  const auto delta = means("text_delta_nll");
  ASSERT_EQ(delta.size(), 5u);
  EXPECT_EQ(delta.at("positive control: instruction and gist"), 0.0);
  EXPECT_GT(delta.at("negative control: neither instruction nor gist"), 0.0);
  for (const char* figure : {"rougeL.f1", "exact_match"}) EXPECT_EQ(means(figure).size(), 5u) << figure;
}

TEST_F(GistTokens, StandBesideThePartsOfAnInstructionThatCostNothing) {
  const Answer answer = run("controls-short", set("variables.gist_tokens=2"));
  ASSERT_EQ(answer.code, 0) << answer.err;
  std::vector<std::string> names;
  for (const auto& [name, mean] : means("text_delta_nll")) names.push_back(name);
  EXPECT_THAT(names, IsSupersetOf({"the instruction's last k tokens", "means of the instruction's embeddings",
                                   "means of the instruction's embeddings, centered",
                                   "keys and values of the last k tokens", "GistNet of the instruction"}));
}

TEST_F(GistTokens, TrainWithAdaptersAndAreExportedAsAWholeModel) {
  ASSERT_EQ(run("lora-short", set("variables.gist_tokens=2")).code, 0);
  const Answer answer = gistmill("export run exported");
  ASSERT_EQ(answer.code, 0) << answer.err;
  const auto config = nlohmann::json::parse(read(folder_ / "exported/config.json"));
  const auto tokens = nlohmann::json::parse(read(folder_ / "exported/trained_tokens.json"))["tokens"];
  ASSERT_EQ(tokens.size(), 2u);
  EXPECT_EQ(tokens[0]["text"], "<GIST_1>");
  EXPECT_EQ(tokens[1]["id"], config["vocab_size"].get<int>() - 1);
}

// The model comes as GGUF: what tokenizes its export was written anew.
TEST_F(GistTokens, OfAnExportAreWrittenInTextAndKeptInPlaceOfAPrompt) {
  ASSERT_EQ(run("test-short", set("components.teacher.dtype=f32")).code, 0);
  const Answer exported = gistmill("export run exported");
  ASSERT_EQ(exported.code, 0) << exported.err;
  EXPECT_THAT(exported.err, Not(HasSubstr("has no tokenizer")));
  write("text", "Say river, 12 times:  \n\tna\xC3\xAFve \xE6\xB2\xB3<|im_end|>\n it's");
  const Answer own = gistmill("tokenize '" + model() + "' text"),
               written = gistmill("tokenize exported text");
  ASSERT_EQ(own.code, 0) << own.err;
  EXPECT_EQ(written.out, own.out) << written.err;
  const Answer saved =
      gistmill("generate exported --prompt 'Instruction: Say river.\n<GIST>' --save-gist-cache river.gist");
  ASSERT_EQ(saved.code, 0) << saved.err;
  EXPECT_THAT(saved.err, HasSubstr("river.gist: 1 of "));
  const Answer answer =
      gistmill("generate exported --gist-cache river.gist --prompt '\nInput: 3\nOutput:' --max-tokens 4");
  EXPECT_EQ(answer.code, 0) << answer.err;
  EXPECT_FALSE(answer.out.empty());
}

TEST_F(GistTokens, AreComparedWithACacheOfTheWholePromptWhichChangesNothing) {
  const std::string start = "generate '" + model() + "' --set teacher.dtype=f32";
  const std::string rest = " --max-tokens 8 --cost --json --prompt '";
  const std::string head = "Instruction: Say river and the number.\n", tail = "Input: 12\nOutput:";
  const Answer saved = gistmill(start + " --prompt '" + head + "' --save-prompt-cache whole --json");
  ASSERT_EQ(saved.code, 0) << saved.err;
  const auto kept = nlohmann::json::parse(saved.out);
  EXPECT_EQ(kept["kept_tokens"], kept["prompt_tokens"]);
  EXPECT_EQ(kept["bytes"], std::filesystem::file_size(folder_ / "whole"));
  const auto cached = nlohmann::json::parse(gistmill(start + " --gist-cache whole" + rest + tail + "'").out);
  const auto plain = nlohmann::json::parse(gistmill(start + rest + head + tail + "'").out);
  EXPECT_EQ(cached["tokens"], plain["tokens"]);
  EXPECT_EQ(cached["cost"]["cache_bytes"], kept["bytes"]);
  const auto flops = [](const nlohmann::json& answer) {
    return answer["cost"]["first_token_flops"].get<double>();
  };
  const auto tokens = [](const nlohmann::json& answer) { return answer["prompt_tokens"].get<double>(); };
  EXPECT_GT(flops(cached), 0);
  EXPECT_NEAR(flops(cached) / flops(plain), tokens(cached) / tokens(plain), 0.25)
      << "what is kept is not computed again; the head, once in both, counts too";
}

TEST_F(GistTokens, AreExportedWithoutATokenizerWhereNobodyKnowsWhichItIs) {
  const std::string other = GISTMILL_SOURCE_DIR "/tests/plugins/tokenizer/fixtures/gpt2.json";
  ASSERT_EQ(run("test-short",
                set("components.other.use=\"tokenizer/bpe\"") + set("components.other.model=" + other))
                .code,
            0);
  const Answer answer = gistmill("export run exported");
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(answer.err,
              HasSubstr("what is written has no tokenizer: " + model() + " comes without one's files, and "));
  EXPECT_THAT(answer.err, HasSubstr(" are different tokenizers"));
}

TEST_F(GistTokens, AreRefusedFromACheckpointOfAnotherNumber) {
  ASSERT_EQ(run("test-short").code, 0);
  for (const char* shared : {"false", "true"}) {
    const Answer answer =
        run("test-short",
            set("components.gist.parameters=run/checkpoints/step-000002") + set("variables.gist_tokens=3") +
                set("components.gist.shared=" + std::string(shared)),
            std::string("other-") + shared);
    EXPECT_NE(answer.code, 0);
    EXPECT_THAT(answer.err, HasSubstr("F32[1"));
    EXPECT_THAT(answer.err, HasSubstr("when it should be F32[3"));
  }
}

TEST_F(GistTokens, OfTwoComponentsMustAgreeInNumberBeforeAnythingRuns) {
  const Answer answer = gistmill("validate '" GISTMILL_SOURCE_DIR "/recipes/gist-tokens/test.toml'" +
                                 set("components.gist.k=2"));
  EXPECT_EQ(answer.code, 3);
  EXPECT_THAT(answer.err,
              HasSubstr("samples.G is 2 according to gist.k but 1 according to samples.gist_tokens"));
}

}  // namespace
}  // namespace gistmill
