// Lists of calls that several pipelines share.
#include <gmock/gmock.h>

#include "recipe_files.hpp"

namespace gistmill {
namespace {

using ::testing::ElementsAre;

class Fragments : public RecipeFiles {
 protected:
  // The calls of pipeline p of a recipe.
  std::vector<std::string> calls(const std::string& text) {
    write("r.toml", text);
    std::vector<std::string> calls;
    const Recipe recipe = load("r.toml");
    for (const CallStep& step : recipe.pipelines.at(0).steps)
      calls.push_back(step.instance + "." + step.operation);
    return calls;
  }
};

TEST_F(Fragments, StandForTheirCallsWhereTheirNameStands) {
  EXPECT_THAT(calls("[fragments]\noriginal = ['t.read', 't.embed']\n"
                    "[pipelines.p]\nsteps = ['c.next', '@original', 'l.value']\n"),
              ElementsAre("c.next", "t.read", "t.embed", "l.value"));
}

TEST_F(Fragments, MayUseOthers) {
  EXPECT_THAT(calls("[fragments]\nread = ['t.read']\noriginal = ['@read', 't.embed']\n"
                    "[pipelines.p]\nsteps = ['@original']\n"),
              ElementsAre("t.read", "t.embed"));
}

TEST_F(Fragments, StandInRepeatedPartsAndInsertionsToo) {
  EXPECT_THAT(calls("[fragments]\ntwo = ['a.b', 'a.c']\n"
                    "[pipelines.p]\nsteps = ['c.next', { repeat = 2, steps = ['@two'] }]\n"
                    "[pipelines.p.insert]\nafter.'c.next' = ['@two']\n"),
              ElementsAre("c.next", "a.b", "a.c", "a.b", "a.c"));
}

TEST_F(Fragments, TakeInsertionsBesideTheCallsThatTheyStandFor) {
  EXPECT_THAT(calls("[fragments]\ntwo = ['a.b', 'a.c']\n[pipelines.p]\nsteps = ['@two']\n"
                    "[pipelines.p.insert]\nafter.'a.b' = ['x.y']\n"),
              ElementsAre("a.b", "x.y", "a.c"));
}

TEST_F(Fragments, OfALayerAboveReplaceThoseBelow) {
  write("base.toml", "[fragments]\none = ['a.b']\n[pipelines.p]\nsteps = ['@one']\n");
  EXPECT_THAT(calls("extends = 'base.toml'\n[fragments]\none = ['a.c']\n"), ElementsAre("a.c"));
}

TEST_F(Fragments, LeaveNothingOfThemselvesInTheResolvedRecipe) {
  write("r.toml", "[fragments]\none = ['a.b']\n[pipelines.p]\nsteps = ['@one']\n");
  EXPECT_EQ(at(load("r.toml"), "fragments"), "nothing");
  EXPECT_EQ(at(load("r.toml"), "pipelines.p.steps"), "[\"a.b\"]");
}

TEST_F(Fragments, AreRefusedByTheNameThatIsUnknown) {
  write("r.toml", "[fragments]\noriginal = ['a.b']\n[pipelines.p]\nsteps = ['@orignal']\n");
  EXPECT_EQ(failure("r.toml").substr(0, 43), "r.toml:4:10: unknown fragment '@orignal'\n  ");
  EXPECT_NE(failure("r.toml").find("did you mean 'original'?"), std::string::npos);
}

TEST_F(Fragments, ThatUseThemselvesAreRefused) {
  write("r.toml", "[fragments]\na = ['@b']\nb = ['@a']\n[pipelines.p]\nsteps = ['@a']\n");
  EXPECT_EQ(failure("r.toml").substr(0, 47), "r.toml:3:6: the fragment '@a' uses itself\n    3");
}

TEST_F(Fragments, MustBeLists) {
  write("r.toml", "[fragments]\na = 'b.c'\n[pipelines.p]\nsteps = ['@a']\n");
  EXPECT_EQ(failure("r.toml").substr(0, 70),
            "r.toml:2:1: fragments.a is a string when it should be a list of calls\n");
}

}  // namespace
}  // namespace gistmill
