// A lock against the plugins that are there.
#include "host/identity/plugin_lock.hpp"

#include <gmock/gmock.h>

#include "host/diagnostic/failure.hpp"
#include "host/files/digest.hpp"
#include "host/recipe/lock.hpp"
#include "tests/host/identity/identity_fixture.hpp"
#include "tests/host/recipe/recipe_files.hpp"

namespace gistmill {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class PluginLock : public RecipeFiles {
 protected:
  static Registry plugins(const std::string& build) {
    return Registry({std::string(GISTMILL_BUILD_DIR) + "/tests/codes/" + build,
                     std::string(GISTMILL_BUILD_DIR) + "/tests/plugins"});
  }
  // The recipe `text` as it ran with the first build.
  Recipe locked(const std::string& text, const std::vector<std::string>& overrides = {},
                const std::string& host = "0.1.0") {
    write("r.toml", text);
    const Recipe recipe = load("r.toml");
    std::vector<const Recipe*> recipes = {&recipe};
    for (const Stage& stage : recipe.stages) recipes.push_back(stage.recipe.get());
    write("recipe.lock.toml", lock_text(recipe, locked_plugins(recipes, plugins("first")), host));
    return load("recipe.lock.toml", overrides);
  }
  static std::vector<std::string> check(const Recipe& recipe, const std::string& build,
                                        OtherPlugins others = OtherPlugins::refuse) {
    return check_lock(recipe, plugins(build), "0.1.0", others);
  }
  std::string refusal(const Recipe& recipe, const std::string& build) {
    try {
      check(recipe, build);
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.code(), ExitCode::plugin);
      return without_folder(failure.what());
    }
    return "passed";
  }
};

constexpr const char* kCodes = "[components]\ncodes = { use = 'test/codes' }\nramp = { use = 'test/ramp' }\n";

TEST_F(PluginLock, HoldsComponentsWithTheBuildsOfTheirPlugins) {
  const Recipe recipe = locked(kCodes);
  ASSERT_EQ(recipe.lock->plugins.size(), 2u);
  const LockedPlugin& codes = recipe.lock->plugins[0];
  EXPECT_EQ(codes.component, "test/codes");
  EXPECT_EQ(codes.file, "codes.so");
  EXPECT_EQ(codes.version, "0.1.0");
  EXPECT_EQ(codes.sha256, sha256_file(plugins("first").file_of("test/codes")->path));
  EXPECT_EQ(recipe.lock->host, "0.1.0");
}

TEST_F(PluginLock, PassesWithThePluginsThatItWasMadeWith) {
  EXPECT_THAT(check(locked(kCodes), "first"), IsEmpty());
}

TEST_F(PluginLock, RefusesAnotherBuildAndSaysWhatWasLockedWhatIsThereAndWhatToDo) {
  const std::string text = refusal(locked(kCodes), "second");
  const auto short_build = [](const std::string& build) {
    return plugins(build).file_of("test/codes")->build().substr(0, 12);
  };
  EXPECT_THAT(text, HasSubstr("recipe.lock.toml:11:2: a plugin is not the one that this recipe ran with"));
  EXPECT_THAT(text, HasSubstr("test/codes: locked 0.1.0 (sha256 " + short_build("first") +
                              "), found 0.1.0 (sha256 " + short_build("second") + ") in "));
  EXPECT_THAT(text, HasSubstr("/tests/codes/second/codes.so"));
  EXPECT_THAT(text, HasSubstr("--ignore-lock"));
}

TEST_F(PluginLock, NamesAComponentThatNothingOffersAnyMore) {
  EXPECT_THAT(refusal(locked(kCodes), "none"),
              HasSubstr("found no plugin that offers it; it was in codes.so"));
}

TEST_F(PluginLock, SaysWhatDiffersIfItIsIgnored) {
  EXPECT_THAT(check(locked(kCodes), "second", OtherPlugins::say),
              ElementsAre(HasSubstr("plugin differs from the lock: test/codes: locked 0.1.0 (sha256 ")));
}

TEST_F(PluginLock, ReportsAnotherVersionOfTheProgramWithoutRefusingIt) {
  EXPECT_THAT(check(locked(kCodes, {}, "0.0.9"), "first"),
              ElementsAre("locked by gistmill 0.0.9 when this is 0.1.0"));
}

TEST_F(PluginLock, IgnoresAComponentThatAnOverrideReplaced) {
  EXPECT_EQ(refusal(locked(kCodes, {"components.codes.use=test/scale"}), "second"), "passed");
}

TEST_F(PluginLock, CoversTheStagesOfTheRecipe) {
  write("stage.toml", kCodes);
  EXPECT_THAT(refusal(locked("[[stage]]\nrecipe = 'stage.toml'\n"), "second"),
              HasSubstr("test/codes: locked"));
}

TEST_F(PluginLock, OfAStageCountsToo) {
  locked(kCodes);
  write("outer.toml", "[[stage]]\nrecipe = 'recipe.lock.toml'\nname = 'inner'\n");
  EXPECT_THAT(refusal(load("outer.toml"), "second"), HasSubstr("test/codes: locked"));
  EXPECT_EQ(refusal(load("outer.toml"), "first"), "passed");
}

TEST_F(PluginLock, IsMissingInARecipeThatWasNeverRun) {
  write("plain.toml", kCodes);
  EXPECT_EQ(refusal(load("plain.toml"), "second"), "passed");
}

TEST_F(PluginLock, OfAnotherFormIsRefusedAtItsPlace) {
  write("r.toml", "[lock]\nhost = '0.1.0'\n[[lock.plugins]]\ncomponent = 'a/b'\nsha = '00'\n");
  EXPECT_THAT(failure("r.toml"), HasSubstr("r.toml:5:1: unknown key 'sha' in [[lock.plugins]]"));
}

}  // namespace
}  // namespace gistmill
