// A recipe.lock.toml through the real program: it runs again with the plugins that it ran with, and no
// others.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/events.hpp"
#include "tests/e2e/program.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;

class LockTest : public ProgramTest {
 protected:
  // Runs a recipe with one stage, and gives its lock in which test/scale has another digest.
  void SetUp() override {
    ProgramTest::SetUp();
    write("stage.toml", ramp());
    write("recipe.toml", "[[stage]]\nrecipe = \"stage.toml\"\nname = \"one\"\n");
    const Answer first = gistmill("run recipe.toml --folder first " + test_plugins());
    ASSERT_EQ(first.code, 0) << first.err;
    std::string lock = read(folder_ / "first/recipe.lock.toml");
    write("same.toml", lock);
    const std::size_t entry = lock.find("component = \"test/scale\"");
    ASSERT_NE(entry, std::string::npos);
    const std::string key = "sha256 = \"";
    const std::size_t digest = lock.find(key, entry) + key.size();
    found_ = lock.substr(digest, 12);
    lock.replace(digest, 64, std::string(64, '0'));
    write("other.toml", lock);
  }

  std::string difference() const {
    return "test/scale: locked 0.1.0 (sha256 000000000000), found 0.1.0 (sha256 " + found_ + ") in ";
  }

  std::string found_;  // the beginning of the digest of the plugin that is there
};

TEST_F(LockTest, RunsAgainWithThePluginsThatItRanWith) {
  const Answer again = gistmill("run same.toml --folder again " + test_plugins());
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(read(folder_ / "again/checkpoints/one/step-000002/parameters.safetensors"),
            read(folder_ / "first/checkpoints/one/step-000002/parameters.safetensors"));
}

TEST_F(LockTest, OfAnotherPluginIsRefusedByEveryVerbOfARecipe) {
  for (const char* verb : {"run", "evaluate", "prepare", "plan", "validate"}) {
    const Answer answer = gistmill(std::string(verb) + " other.toml " + test_plugins());
    EXPECT_EQ(answer.code, 4) << verb << "\n" << answer.err;
    EXPECT_THAT(answer.err, HasSubstr("other.toml:")) << verb;
    EXPECT_THAT(answer.err, HasSubstr("a plugin is not the one that this recipe ran with")) << verb;
    EXPECT_THAT(answer.err, HasSubstr(difference())) << verb;
    EXPECT_THAT(answer.err, HasSubstr("--ignore-lock")) << verb;
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "runs"));
}

TEST_F(LockTest, APinOfAnotherBuildIsRefusedByEveryVerbOfARecipeWhateverTheLockMayPass) {
  write("pinned.toml", ramp("[plugins]\nplain = \"sha256:" + std::string(64, '0') + "\"\n"));
  for (const char* verb : {"run", "run --ignore-lock", "evaluate", "prepare", "plan", "validate"}) {
    const Answer answer = gistmill(std::string(verb) + " pinned.toml " + test_plugins());
    EXPECT_EQ(answer.code, 4) << verb << "\n" << answer.err;
    EXPECT_THAT(answer.err, HasSubstr("plugin plain is another build than the recipe pins")) << verb;
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "runs"));
}

TEST_F(LockTest, PassesWithIgnoreLockWhichSaysWhatDiffers) {
  const Answer answer = gistmill("run other.toml --ignore-lock --folder passed " + test_plugins());
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(answer.err, HasSubstr("warning: plugin differs from the lock: " + difference()));
  int said = 0;
  for (const nlohmann::json& event : events_of(folder_ / "passed", "message"))
    said += event["level"] == "warning" &&
            event["text"].get<std::string>().find(difference()) != std::string::npos;
  EXPECT_EQ(said, 1);

  const Answer valid = gistmill("validate other.toml --ignore-lock " + test_plugins());
  EXPECT_EQ(valid.code, 0) << valid.err;
  EXPECT_THAT(valid.err, HasSubstr("warning: plugin differs from the lock: " + difference()));
}

TEST_F(LockTest, ExportOfARunSaysWhatDiffersAndWrites) {
  std::filesystem::copy_file(folder_ / "other.toml", folder_ / "first/recipe.lock.toml",
                             std::filesystem::copy_options::overwrite_existing);
  const Answer answer = gistmill("export first saved " + test_plugins());
  EXPECT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(answer.err, HasSubstr(difference()));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "saved/a.txt"));
}

}  // namespace
}  // namespace gistmill
