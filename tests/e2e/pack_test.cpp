// Packing by the shipped recipes: what a second preparation leaves alone, and what a changed recipe is told.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/small_training.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Pack : public TrainTest {
 protected:
  static std::string set(const std::string& value) { return " --set '" + value + "'"; }
  std::string recipe(const std::string& name, const std::string& text) const {
    return "prepare '" GISTMILL_SOURCE_DIR "/recipes/retnet/" + name + ".toml'" +
           set("variables.model=" + model()) + set("variables.text=" + text) +
           set("variables.packed=packed") + set("components.documents.validation=0.3");
  }
  std::string text_recipe() const {
    return recipe("pack", "text") + set("components.documents.group=file") +
           set("components.documents.hold_out=[]");
  }
  nlohmann::json manifest() const { return nlohmann::json::parse(read(folder_ / "packed/manifest.json")); }
};

TEST_F(Pack, PacksAFolderOnceAndAfterwardsOnlyWhatIsNew) {
  const Answer first = gistmill(text_recipe());
  ASSERT_EQ(first.code, 0) << first.err;
  EXPECT_THAT(first.err, HasSubstr("12 files packed in 'packed', 0 were there already"));
  const nlohmann::json before = manifest();
  EXPECT_EQ(before["files_processed"], 12);
  EXPECT_EQ(before["max_seq_length"], 512);
  EXPECT_EQ(before["labels_shifted"], false);
  EXPECT_EQ(before["input_path"], nlohmann::json({"text"}));
  EXPECT_GT(before["splits"]["train"]["sequences"], 0);

  EXPECT_THAT(gistmill(text_recipe() + " --skip-existing").out, HasSubstr("already there"));

  write("text/new.txt", read(folder_ / "text/0.txt") + "And one more line.");
  const Answer second = gistmill(text_recipe());
  ASSERT_EQ(second.code, 0) << second.err;
  EXPECT_THAT(second.err, HasSubstr("1 files packed in 'packed', 12 were there already"));
  EXPECT_EQ(manifest()["files_processed"], 13);

  const Answer forced = gistmill(text_recipe() + " --force");
  ASSERT_EQ(forced.code, 0) << forced.err;
  EXPECT_THAT(forced.err, HasSubstr("13 files packed in 'packed', 0 were there already"));
}

TEST_F(Pack, MakesTheSameSequencesWhetherFilesCameAtOnceOrOneByOne) {
  const std::string moved = read(folder_ / "text/3.txt");
  std::filesystem::remove(folder_ / "text/3.txt");
  ASSERT_EQ(gistmill(text_recipe()).code, 0);
  write("text/3.txt", moved);
  ASSERT_EQ(gistmill(text_recipe()).code, 0);
  const nlohmann::json added = manifest();
  std::filesystem::remove_all(folder_ / "packed");
  ASSERT_EQ(gistmill(text_recipe() + " --force").code, 0);
  EXPECT_EQ(manifest(), added);
}

TEST_F(Pack, RefusesAFolderOfAnotherLengthNamingBothAndTheRemedy) {
  ASSERT_EQ(gistmill(text_recipe()).code, 0);
  const Answer refused = gistmill(text_recipe() + set("components.packing.max_seq_length=128"));
  EXPECT_EQ(refused.code, 3);
  EXPECT_THAT(refused.err, HasSubstr("'packed' is packed with max_seq_length 512 when this is 128"));
  EXPECT_THAT(refused.err, HasSubstr("replace = true"));
}

TEST_F(Pack, MakesAgainAShardThatIsMissing) {
  ASSERT_EQ(gistmill(text_recipe()).code, 0);
  std::filesystem::remove(folder_ / "packed/shards/text/5.txt.h5");
  ASSERT_EQ(gistmill(text_recipe() + " --force").code, 0);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "packed/shards/text/5.txt.h5"));
}

TEST_F(Pack, PacksJsonLinesOfAFolderToTheBottom) {
  std::string lines;
  for (int document = 0; document < 12; ++document)
    lines +=
        nlohmann::json{{"text", read(folder_ / "text" / (std::to_string(document) + ".txt"))}}.dump() + "\n";
  write("json/math/a.jsonl", lines);
  write("json/math-a.jsonl", lines);
  const Answer made = gistmill(recipe("pack-jsonl", "json"));
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_TRUE(std::filesystem::exists(folder_ / "packed/shards/json/math/a.jsonl.h5"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "packed/shards/json/math-a.jsonl.h5"));
  EXPECT_EQ(manifest()["sources"].size(), 2u);
  EXPECT_THAT(made.err, Not(HasSubstr("warning")));
}

}  // namespace
}  // namespace gistmill
