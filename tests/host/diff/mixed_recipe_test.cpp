// What lies between two recipes.
#include "host/diff/mixed_recipe.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "host/diff/diff.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill {
namespace {

class MixedRecipeTest : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  Recipe recipe(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    return load_recipe(folder_ / name, {});
  }
  std::vector<std::string> keys(const Recipe& left, const Recipe& right) {
    std::vector<std::string> keys;
    for (const KeyDifference& each : differing_keys(left, right)) keys.push_back(each.key);
    return keys;
  }
  gistmill::testing::ScratchFolder scratch_;
  std::filesystem::path folder_ = scratch_ / "mixed";
};

constexpr const char* kGood = "[components]\na = { use = \"x/y\", width = 4, old = 1 }\n[run]\nsteps = 3\n";
constexpr const char* kBad =
    "[components]\na = { use = \"x/z\", width = 5 }\nb = { use = \"x/y\" }\n[run]\nsteps = 3\nseed = 2\n";

TEST_F(MixedRecipeTest, OfAllKeysIsTheOtherRecipeAndOfNoneTheFirst) {
  const Recipe good = recipe("good.toml", kGood);
  const Recipe bad = recipe("bad.toml", kBad);
  const std::vector<std::string> all = keys(good, bad);
  EXPECT_THAT(all, ::testing::UnorderedElementsAre("components.a.use", "components.a.width",
                                                   "components.a.old", "components.b.use", "run.seed"));
  EXPECT_TRUE(differing_keys(recipe("all.toml", mixed_text(good, bad, all)), bad).empty());
  EXPECT_TRUE(differing_keys(recipe("none.toml", mixed_text(good, bad, {})), good).empty());
}

TEST_F(MixedRecipeTest, SetsAndTakesOutWhatItIsTold) {
  const Recipe good = recipe("good.toml", kGood);
  const Recipe bad = recipe("bad.toml", kBad);
  const Recipe mixed = recipe("mixed.toml", mixed_text(good, bad, {"components.a.old", "run.seed"}));
  EXPECT_THAT(keys(good, mixed), ::testing::ElementsAre("components.a.old", "run.seed"));
}

}  // namespace
}  // namespace gistmill
