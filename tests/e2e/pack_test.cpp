// Packing by the shipped recipes: what a second preparation leaves alone, and what a changed recipe is told.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>

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

TEST_F(Pack, MakesTheSameFilesOnOneThreadAndOnSeveral) {
  const std::string unchecked = "export GISTMILL_CHECK=0;";  // checked calls stay on one thread
  nlohmann::json made[2];
  for (const int threads : {1, 2}) {
    const Answer answer =
        gistmill(text_recipe() + " --force" + set("run.threads=" + std::to_string(threads)), unchecked);
    ASSERT_EQ(answer.code, 0) << answer.err;
    made[threads - 1] = manifest();
  }
  EXPECT_EQ(made[0], made[1]);
}

TEST_F(Pack, RefusesAFolderOfAnotherLengthNamingBothAndTheRemedy) {
  ASSERT_EQ(gistmill(text_recipe()).code, 0);
  const Answer refused = gistmill(text_recipe() + set("components.packing.max_seq_length=128"));
  EXPECT_EQ(refused.code, 3);
  EXPECT_THAT(refused.err, HasSubstr("'packed' is packed with max_seq_length 512 when this recipe has 128"));
  EXPECT_THAT(refused.err, HasSubstr("replace = true"));
}

TEST_F(Pack, SaysWhichShardIsMissingAndMakesItAlone) {
  ASSERT_EQ(gistmill(text_recipe()).code, 0);
  const nlohmann::json before = manifest();
  std::filesystem::remove(folder_ / "packed/shards/text/5.txt.h5");
  const Answer refused = gistmill(text_recipe());
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("is there, but the manifest names "));
  EXPECT_THAT(refused.err, HasSubstr("packed/shards/text/5.txt.h5', which is missing"));
  EXPECT_THAT(refused.err, HasSubstr("pack.toml --skip-existing` makes again what is missing or damaged"));
  const Answer made = gistmill(text_recipe() + " --skip-existing");
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_THAT(made.err, HasSubstr("is made again: the manifest names "));
  EXPECT_THAT(made.err, HasSubstr("1 files packed in 'packed', 11 were there already"));
  EXPECT_EQ(manifest(), before);
  EXPECT_THAT(gistmill(text_recipe()).out, HasSubstr("already there"));
}

TEST_F(Pack, ATrainingSaysWhatIsMissingToo) {
  const std::string recipe =
      set("variables.model=" + model()) + set("variables.text=text") + set("variables.packed=packed") +
      set("components.documents.files=[\"text\"]") + set("components.documents.group=file") +
      set("components.documents.hold_out=[]") + set("components.documents.validation=0.3");
  const std::string file = " '" GISTMILL_SOURCE_DIR "/recipes/retnet/pretrain-ce-short.toml'" + recipe;
  ASSERT_EQ(gistmill("prepare" + file).code, 0);
  std::filesystem::resize_file(folder_ / "packed/shards/text/7.txt.h5", 1000);
  const Answer refused = gistmill("run" + file);
  EXPECT_NE(refused.code, 0);
  EXPECT_THAT(refused.err, HasSubstr("7.txt.h5' is not a readable packed file"));
  EXPECT_THAT(refused.err, HasSubstr("--skip-existing"));
}

TEST_F(Pack, WaitsForAnotherPreparationOfTheSameFile) {
  // Held for a second by a process of another kind.
  ASSERT_EQ(gistmill(text_recipe()).code, 0);
  std::string name;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "data/prepared"))
    name = entry.path().filename().string();
  std::filesystem::remove(folder_ / "data/prepared" / name);
  const Answer answer =
      gistmill(text_recipe(), "cd data/prepared; flock ." + name + ".lock sleep 1 & sleep 0.2; cd ../..;");
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(answer.err, HasSubstr("waiting for process "));
  EXPECT_THAT(answer.err, HasSubstr("0 files packed in 'packed', 12 were there already"));
}

TEST_F(Pack, PeekShowsWhatWasPackedThoughNothingTrainsOnIt) {
  const Answer answer = gistmill(text_recipe() + " --peek 400 --json");
  ASSERT_EQ(answer.code, 0) << answer.err;
  const auto part = nlohmann::json::parse(answer.out)["samples"].back();
  EXPECT_EQ(part["call"], "sequences.next");
  std::set<int> numbers;
  bool begins_within = false;
  for (const auto& sample : part["samples"]) {
    numbers.insert(sample["sequence"].get<int>());
    for (const auto& document : sample["documents"]) {
      EXPECT_EQ(document["goes_on"], document["begin"] == 0 && document["goes_on"]);
      begins_within = begins_within || document["begin"] > 0;
    }
  }
  EXPECT_EQ(std::ssize(numbers), manifest()["splits"]["train"]["sequences"]);
  EXPECT_TRUE(begins_within) << "no sequence has two documents";
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
