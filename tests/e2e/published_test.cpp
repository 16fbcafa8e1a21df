// recipes/gist-tokens/published.toml end to end: outputs of CSV files, scored, beside what was published of
// them.
#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/e2e/program.hpp"

namespace gistmill {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

class PublishedOutputs : public ProgramTest {
 protected:
  // Every cell's file with this one row behind its head.
  void write_cells(const std::string& row) {
    for (const char* condition : {"gist", "pos_control"}) {
      for (const char* split : {"seen", "unseen", "human"}) {
        write("outputs/LLaMA-" + std::string(condition) + "-1-" + split + ".csv", "x,y_pred,y_true\n" + row);
      }
    }
  }
  Answer run(const std::string& recipe, const std::string& outputs = "outputs") const {
    return gistmill("run '" + recipe + "' --folder run --set variables.outputs='" + outputs + "'");
  }
  nlohmann::json summary() const { return nlohmann::json::parse(read(folder_ / "run/summary.json")); }

  nlohmann::json evaluation(const std::string& name) const {
    const nlohmann::json all = summary();
    for (const auto& table : all["evaluations"]) {
      if (table["name"] == name) return table;
    }
    ADD_FAILURE() << "there is no evaluation " << name;
    return {};
  }

  const std::string shipped_ = GISTMILL_SOURCE_DIR "/recipes/gist-tokens/published.toml";
};

// F1 of "the red house", two of three words in order, is 2/3; padding does not count.
constexpr const char* kRow =
    "prompt,\"\xE2\x81\x87 The red,\ncar \",the red houses\nother,\"\"\"yes\"\"\",Yes.\n";

TEST_F(PublishedOutputs, StandBesideWhatIsMeasured) {
  write_cells(kRow);
  const auto recipe = write("mine.toml", "extends = '" + shipped_ +
                                             "'\n[evaluations.seen.variants.gist01.published]\n"
                                             "'rougeL.f1' = { value = 83.3, within = 0.1 }\n");
  const Answer answer = run(recipe);
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("seen, 2 texts of 2 prompts, ROUGE-L in points"));
  EXPECT_THAT(answer.out, ContainsRegex("gist 1 +83\\.333 [^\n]* +83\\.300 +\\+0\\.033 +agrees"));
  EXPECT_THAT(answer.out, ContainsRegex("whole prompt +83\\.333 [^\n]* +58\\.010 +\\+25\\.323 +differs"));
  const nlohmann::json table = evaluation("seen");
  for (const auto& entry : table["entries"]) {
    if (entry["figure"] != "rougeL.f1") continue;
    EXPECT_EQ(entry["value"], (100 * (2 * (2.0 / 3) * (2.0 / 3) / (2.0 / 3 + 2.0 / 3)) + 100.0) / 2);
    EXPECT_EQ(entry["agrees"], entry["variant"] == "gist 1");
  }
  EXPECT_THAT(read(folder_ / "run/report.html"), HasSubstr(">agrees</span>"));
}

TEST_F(PublishedOutputs, SayWhereTheyCanBeHadWhereTheyAreMissing) {
  const Answer answer = run(shipped_, "nowhere");
  EXPECT_EQ(answer.code, 3) << answer.out;
  EXPECT_THAT(answer.err, HasSubstr("there is no file or folder 'nowhere/LLaMA-"));
  EXPECT_THAT(answer.err, HasSubstr("https://github.com/jayelm/gisting"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run/summary.json"));
}

TEST_F(PublishedOutputs, AreRefusedWithFileAndLineWhereTheyAreBroken) {
  write_cells(kRow);
  write("outputs/LLaMA-gist-1-human.csv", "x,y_pred,y_true\na,b,c\nd,e\n");
  const Answer answer = run(shipped_);
  EXPECT_NE(answer.code, 0);
  EXPECT_THAT(answer.err,
              HasSubstr("LLaMA-gist-1-human.csv:3: has 2 fields, expected 3 as in the first line"));
}

// GISTMILL_GISTING_RESULTS: the folder of the real outputs.
TEST_F(PublishedOutputs, OfGistingAgreeInAllSixCells) {
  const char* outputs = std::getenv("GISTMILL_GISTING_RESULTS");
  if (outputs == nullptr) GTEST_SKIP() << "no outputs: set GISTMILL_GISTING_RESULTS";
  const Answer answer = run(shipped_, outputs);
  ASSERT_EQ(answer.code, 0) << answer.err;
  const nlohmann::json all = summary();
  int cells = 0;
  for (const auto& table : all["evaluations"]) {
    for (const auto& entry : table["entries"]) {
      if (!entry.contains("published")) continue;
      ++cells;
      EXPECT_EQ(entry["agrees"], true) << entry;
    }
  }
  EXPECT_EQ(cells, 6);
}

}  // namespace
}  // namespace gistmill
