// Recipes copied to another folder: only the files that they name change.
#include "host/recipe/moved_text.hpp"

#include <gtest/gtest.h>

#include "host/diagnostic/failure.hpp"

namespace gistmill {
namespace {

std::string moved(const std::string& text) {
  return moved_text(text, "r.toml", "/from",
                    [](const std::filesystem::path& file) { return "<" + file.string() + ">"; });
}

TEST(MovedText, GivesLayersAndStagesTheirNewNames) {
  EXPECT_EQ(moved("extends = \"base.toml\"  # below\n[[stage]]\nrecipe = "
                  "'../other/a.toml'\n[[stage]]\nrecipe=\"b.toml\"\n"),
            "extends = \"</from/base.toml>\"  # below\n[[stage]]\nrecipe = \"</other/a.toml>\"\n[[stage]]\n"
            "recipe=\"</from/b.toml>\"\n");
}

TEST(MovedText, GivesEachOfSeveralLayersItsName) {
  EXPECT_EQ(moved("extends = [\"a.toml\", 'b.toml',\n  \"c.toml\"]\n"),
            "extends = [\"</from/a.toml>\", \"</from/b.toml>\",\n  \"</from/c.toml>\"]\n");
}

TEST(MovedText, GivesStagesThatTakeTurnsTheirNewNames) {
  EXPECT_EQ(moved("[[stage]]\ncycles = 2\n[[stage.stage]]\nrecipe = \"a.toml\"\n[[stage.stage]]\nrecipe = "
                  "\"b.toml\"\n"),
            "[[stage]]\ncycles = 2\n[[stage.stage]]\nrecipe = \"</from/a.toml>\"\n[[stage.stage]]\nrecipe = "
            "\"</from/b.toml>\"\n");
}

TEST(MovedText, FindsNamesBehindCharactersOfSeveralBytes) {
  EXPECT_EQ(moved("# größer\nstage = [{ name = \"größe\", recipe = \"é\\\"e.toml\" }]\n"),
            "# größer\nstage = [{ name = \"größe\", recipe = \"</from/é\\\"e.toml>\" }]\n");
}

TEST(MovedText, LeavesEverythingElseAsItIs) {
  const std::string text =
      "# base.toml\nextends = \"/absolute/base.toml\"\n[[stage]]\nname = \"base.toml\"\nrecipe = "
      "\"${which}\"\n"
      "[[stage]]\nname = \"inner\"\nrecipe = { run = { steps = 1 } }\n[components]\na = { use = \"x/y\", "
      "recipe = \"base.toml\" }";
  EXPECT_EQ(moved(text), text);
}

TEST(MovedText, RefusesWhatIsNoToml) { EXPECT_THROW(moved("extends = "), Failure); }

}  // namespace
}  // namespace gistmill
