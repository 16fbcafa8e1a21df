// recipes list, show, copy.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/program.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::StartsWith;

class ShippedRecipes : public ProgramTest {
 protected:
  // With `part`: layers too.
  std::vector<std::string> names(bool part) const {
    std::vector<std::string> all;
    for (const auto& recipe : list()) {
      if (part || !recipe["part"]) all.push_back(recipe["name"]);
    }
    return all;
  }
  nlohmann::json list() const {
    const Answer answer = gistmill("recipes list --json");
    EXPECT_EQ(answer.code, 0) << answer.err;
    return nlohmann::json::parse(answer.out);
  }
  // Their components need LibTorch.
  bool can_be_valid() const { return nlohmann::json::parse(gistmill("version --json").out)["torch"] != ""; }
  static std::string shipped(const std::string& name) {
    return read(GISTMILL_SOURCE_DIR "/recipes/" + name + ".toml");
  }
};

TEST_F(ShippedRecipes, AreAllListed) {
  std::vector<std::string> files;
  const std::filesystem::path folder = GISTMILL_SOURCE_DIR "/recipes";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".toml")
      files.push_back(std::filesystem::relative(entry.path(), folder).replace_extension().string());
  }
  EXPECT_THAT(names(true), ::testing::UnorderedElementsAreArray(files));
}

TEST_F(ShippedRecipes, SayWhatTheyAreForAndHowTheyAreRun) {
  for (const auto& recipe : list()) {
    EXPECT_NE(recipe["doc"], "") << recipe;
    EXPECT_EQ(recipe["command"] == "", recipe["part"]) << recipe;
    if (recipe["part"]) continue;
    EXPECT_THAT(recipe["command"].get<std::string>(),
                ::testing::AnyOf(StartsWith("gistmill run " + recipe["file"].get<std::string>()),
                                 StartsWith("gistmill sweep " + recipe["file"].get<std::string>()),
                                 StartsWith("gistmill prepare " + recipe["file"].get<std::string>())));
  }
  EXPECT_THAT(gistmill("recipes list").out, HasSubstr("gistnet/quickstart\n    Trains two compressors"));
}

TEST_F(ShippedRecipes, ThatAreLayersStandApart) {
  const std::string text = gistmill("recipes list").out;
  const std::size_t parts = text.find("\nlayers that others extend:\n");
  ASSERT_NE(parts, std::string::npos);
  for (const auto& recipe : list()) {
    const std::size_t place = ("\n" + text).find("\n" + recipe["name"].get<std::string>() + "\n");
    ASSERT_NE(place, std::string::npos) << recipe;
    EXPECT_EQ(place > parts, recipe["part"].get<bool>()) << recipe;
  }
}

TEST_F(ShippedRecipes, AreShownAsTheyAreOrWithTheirLayersMerged) {
  EXPECT_EQ(gistmill("recipes show gistnet/quickstart").out, shipped("gistnet/quickstart"));
  EXPECT_EQ(gistmill("recipes show quickstart").out, shipped("gistnet/quickstart"));
  const Answer resolved = gistmill("recipes show quickstart --resolved");
  ASSERT_EQ(resolved.code, 0) << resolved.err;
  EXPECT_THAT(resolved.out, Not(HasSubstr("extends")));
  if (!can_be_valid()) GTEST_SKIP() << "built without LibTorch";
  write("resolved.toml", resolved.out);
  EXPECT_EQ(gistmill("validate resolved.toml").out, "resolved.toml: valid\n");
}

TEST_F(ShippedRecipes, AreCopiedSoThatTheCopyIsValidWhereItLies) {
  EXPECT_THAT(names(false), IsSupersetOf({"gistnet/quickstart", "gistnet/refine"}));
  if (!can_be_valid()) GTEST_SKIP() << "built without LibTorch";
  std::filesystem::create_directories(folder_ / "a folder");
  for (const std::string& name : names(true)) {
    if (name.starts_with("parts/")) continue;  // a layer is not valid alone
    for (const char* file : {"copy.toml", "'a folder/copy.toml'"}) {
      const Answer copied = gistmill("recipes copy --force " + name + " " + file);
      ASSERT_EQ(copied.code, 0) << copied.err;
      const Answer valid = gistmill("validate " + std::string(file));
      EXPECT_EQ(valid.code, 0) << name << ": " << valid.err;
    }
  }
}

TEST_F(ShippedRecipes, KeepTheirCommentsInACopyAndTellHowTheCopyIsRun) {
  const Answer copied = gistmill("recipes copy gistnet/own-text mine.toml");
  EXPECT_EQ(copied.out, "mine.toml\n");
  EXPECT_EQ(copied.err, "gistmill run mine.toml\n");
  const std::string copy = read(folder_ / "mine.toml");
  EXPECT_THAT(
      copy,
      StartsWith(
          "# gistmill run mine.toml --set variables.text=FOLDER\n# The quickstart on text of your own"));
  EXPECT_THAT(copy, HasSubstr("/gistnet/quickstart.toml\"\n"));
}

TEST_F(ShippedRecipes, NameTheirLayersRelativelyInACopyBesideThem) {
  const std::string copy = "share/gistmill/recipes/gistnet/mine.toml";
  std::filesystem::create_directories(folder_ / "bin");
  std::filesystem::copy(GISTMILL_BUILD_DIR "/bin/gistmill", folder_ / "bin/gistmill");
  std::filesystem::create_directories(folder_ / "share/gistmill");
  std::filesystem::copy(GISTMILL_SOURCE_DIR "/recipes", folder_ / "share/gistmill/recipes",
                        std::filesystem::copy_options::recursive);
  const Answer answer = gistmill("--version", "bin/gistmill recipes copy quickstart " + copy + " || exit 9;");
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(read(folder_ / copy), HasSubstr("\nextends = \"base.toml\"\n"));
  EXPECT_THAT(read(folder_ / copy), HasSubstr("recipe = \"refine.toml\"\n"));
}

TEST_F(ShippedRecipes, OverwriteNothingUnlessTold) {
  EXPECT_EQ(gistmill("recipes copy refine").out, "refine.toml\n");
  write("refine.toml", "mine");
  const Answer refused = gistmill("recipes copy refine");
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, StartsWith("refine.toml exists already\n  --force overwrites it"));
  EXPECT_EQ(read(folder_ / "refine.toml"), "mine");
  EXPECT_EQ(gistmill("recipes copy refine --force").code, 0);
  EXPECT_NE(read(folder_ / "refine.toml"), "mine");
}

TEST_F(ShippedRecipes, GoIntoAFolderUnderTheirOwnName) {
  std::filesystem::create_directories(folder_ / "here");
  EXPECT_EQ(gistmill("recipes copy refine here").out, "here/refine.toml\n");
  const Answer nowhere = gistmill("recipes copy refine nowhere/x.toml");
  EXPECT_EQ(nowhere.code, 1);
  EXPECT_THAT(nowhere.err, HasSubstr("nowhere"));
}

TEST_F(ShippedRecipes, HaveNamesThatAreSuggested) {
  const Answer answer = gistmill("recipes show quikstart");
  EXPECT_EQ(answer.code, 2);
  EXPECT_EQ(answer.err,
            "no recipe 'quikstart' came with the program\n  did you mean 'quickstart'?\n"
            "  gistmill recipes list shows what there is\n");
  EXPECT_THAT(gistmill("complete recipes show gistnet/ref").out, StartsWith("gistnet/refine\t"));
}

}  // namespace
}  // namespace gistmill
