// The verbs on models, on real ones: SmolLM2 from its GGUF file, against what the original implementation
// gave (tests/plugins/teacher/decoder/fixtures).
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/e2e/program.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class RealModelTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    if (model().empty()) GTEST_SKIP() << "no model: set GISTMILL_MODEL";
    fixture_ = nlohmann::json::parse(
        read(GISTMILL_SOURCE_DIR "/tests/plugins/teacher/decoder/fixtures/smollm2.json"));
  }

  Answer ask(const std::string& verb, const std::string& rest) const {
    return gistmill(verb + " '" + model() + "' " + rest);
  }
  // A file with the text of the fixture's ids.
  void write_text(const std::string& name, const nlohmann::json& ids) {
    std::string words;
    for (const auto& id : ids) words += id.dump() + " ";
    write("ids", words);
    const Answer answer = ask("tokenize", "ids --decode");
    ASSERT_EQ(answer.code, 0) << answer.err;
    write(name, answer.out);
    ASSERT_EQ(nlohmann::json::parse(ask("tokenize", name + " --json").out)["tokens"], ids);
  }

  nlohmann::json fixture_;
};

TEST_F(RealModelTest, TextComesBackFromItsIdsByteForByte) {
  std::string text = "Ünïcödé, 日本語, 🙂‍↔️\r\n\ttabs  and   spaces <|im_start|>user\n";
  text += read(GISTMILL_SOURCE_DIR "/README.md") + read(GISTMILL_SOURCE_DIR "/host/cli/main.cpp");
  write("text", text);
  const Answer ids = ask("tokenize", "text");
  EXPECT_EQ(ids.code, 0) << ids.err;
  write("ids", ids.out);
  EXPECT_EQ(ask("tokenize", "ids --decode").out, text);
}

TEST_F(RealModelTest, TokenizeDoesNotLoadLibTorch) {
  write("text", "hi");
  const Answer answer = gistmill("tokenize '" + model() + "' text 2>&1 | grep -c libtorch", "LD_DEBUG=files");
  EXPECT_EQ(answer.out, "0\n");
}

TEST_F(RealModelTest, EveryTokenHasTheNllOfTheOriginal) {
  write_text("text", fixture_["long"]);
  const Answer answer = ask("score", "text --per-token --set teacher.dtype=f32");
  ASSERT_EQ(answer.code, 0) << answer.err;
  std::istringstream lines(answer.out);
  std::string line;
  std::getline(lines, line);
  EXPECT_TRUE(nlohmann::json::parse(line)["nll"].is_null());
  std::string text = nlohmann::json::parse(line)["text"];
  std::size_t count = 0;
  for (const auto& expected : fixture_["long_nll"]) {
    std::getline(lines, line);
    const auto token = nlohmann::json::parse(line);
    EXPECT_EQ(token["token"], fixture_["long"][++count]);
    EXPECT_NEAR(token["nll"].get<double>(), expected.get<double>(), 2e-3) << line;
    text += token["text"].get<std::string>();
  }
  EXPECT_EQ(text, read(folder_ / "text"));
}

TEST_F(RealModelTest, LaterWindowsDoNotChangeTheScoresOfTheFirst) {
  write_text("text", fixture_["long"]);
  const auto whole = nlohmann::json::parse(ask("score", "text --json --set teacher.dtype=f32").out);
  const auto parts =
      nlohmann::json::parse(ask("score", "text --json --window 128 --stride 64 --set teacher.dtype=f32").out);
  EXPECT_EQ(whole["windows"], 1);
  EXPECT_EQ(parts["windows"], 3);
  EXPECT_EQ(parts["scored"], whole["scored"]);
  EXPECT_NEAR(parts["mean_nll"].get<double>(), whole["mean_nll"].get<double>(), 0.1);
}

TEST_F(RealModelTest, GreedyGenerationTakesTheTokenThatTheOriginalTakes) {
  for (const auto& row : fixture_["rows"]) {
    const auto end = row["position"].get<std::ptrdiff_t>() + 1;
    write_text("prompt", nlohmann::json(fixture_["short"].begin(), fixture_["short"].begin() + end));
    const Answer answer = ask("generate", "prompt --max-tokens 1 --json --set teacher.dtype=f32");
    ASSERT_EQ(answer.code, 0) << answer.err;
    EXPECT_EQ(nlohmann::json::parse(answer.out)["tokens"][0], row["argmax"]);
  }
}

TEST_F(RealModelTest, ChatIsAnswered) {
  const Answer answer = ask(
      "generate", "--chat --prompt 'What is the capital of France?' --max-tokens 16 --set teacher.dtype=f32");
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("Paris"));
}

TEST_F(RealModelTest, InspectSaysWhatTheFileHolds) {
  const auto json = nlohmann::json::parse(ask("inspect", "--json").out);
  EXPECT_EQ(json["teacher"]["component"], "teacher/llama");
  EXPECT_EQ(json["teacher"]["architecture"], "llama");
  EXPECT_EQ(json["teacher"]["layers"], 30);
  EXPECT_EQ(json["teacher"]["vocabulary"], 49152);
  EXPECT_EQ(json["tokenizer"]["component"], "tokenizer/bpe");
  EXPECT_THAT(ask("inspect", "").out, HasSubstr("\n  layers "));
}

TEST_F(RealModelTest, RecipeIsNotAModelWhichIsSaidOnceForTeachersAndOnceForTokenizers) {
  const Answer answer = gistmill("inspect '" GISTMILL_SOURCE_DIR "/recipes/gistnet/base.toml'");
  EXPECT_EQ(answer.code, 3);
  EXPECT_THAT(
      answer.err,
      HasSubstr("teacher/gemma, teacher/gpt2, teacher/llama: byte 0: starts with '# Wh' when it should "
                "start with 'GGUF'\n"));
  EXPECT_THAT(answer.err, HasSubstr("no student or teacher takes "));
  EXPECT_THAT(answer.err, HasSubstr("base.toml: is not a tokenizer, expected a GGUF file"));
  EXPECT_THAT(answer.err, HasSubstr("\n  no tokenizer takes it\n"));
}

}  // namespace
}  // namespace gistmill
