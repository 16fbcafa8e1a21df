// Targets of an evaluation: a table by figure, which layers add to, change and remove from.
#include <gmock/gmock.h>

#include "recipe_files.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;

class Targets : public RecipeFiles {
 protected:
  Targets() {
    write("base.toml",
          "[evaluations.e]\npipeline = 'p'\n[evaluations.e.targets]\n"
          "'nll.32' = { below = 0.5, bad = 2 }\nspread = { above = 2, below = 4 }\n");
  }
  std::vector<TargetSetting> targets(const std::string& more = "",
                                     const std::vector<std::string>& overrides = {}) {
    write("r.toml", "extends = 'base.toml'\n" + more);
    return load("r.toml", overrides).evaluations.at(0).targets;
  }
  // Of a recipe whose target of `x` is `wanted`.
  std::string failure_of(const std::string& wanted) {
    write("r.toml", "extends = 'base.toml'\n[evaluations.e.targets]\nx = " + wanted + "\n");
    return failure("r.toml");
  }
};

TEST_F(Targets, AreReadByFigure) {
  const auto found = targets();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].target, (Target{"nll.32", 0.5, std::nullopt, 2.0}));
  EXPECT_EQ(found[1].target, (Target{"spread", 4.0, 2.0, std::nullopt}));
}

TEST_F(Targets, AreAddedChangedAndRemovedByALayer) {
  const auto found =
      targets("[evaluations.e.targets]\nspread = false\n'nll.32' = { bad = 3 }\nx = { above = 1 }\n");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].target, (Target{"nll.32", 0.5, std::nullopt, 3.0}));
  EXPECT_EQ(found[1].target, (Target{"x", std::nullopt, 1.0, std::nullopt}));
}

TEST_F(Targets, MayBeHeldAgainstAnotherVariant) {
  const std::string more = "[evaluations.e.variants]\nfull = { name = 'full context' }\ngist = {}\n";
  const auto found = targets(more + "[evaluations.e.targets]\nspread = { than = 'full' }\n");
  EXPECT_EQ(found[1].target, (Target{"spread", 4.0, 2.0, std::nullopt, "full context"}));
  write("r.toml", "extends = 'base.toml'\n" + more + "[evaluations.e.targets]\nspread = { than = 'ful' }\n");
  EXPECT_THAT(failure("r.toml"),
              HasSubstr("r.toml:6:19: evaluations.e.targets.spread.than names the unknown variant 'ful'"));
}

TEST_F(Targets, GoWithTheVariantThatTheyAreHeldAgainst) {
  const auto found = targets(
      "[evaluations.e.variants]\nfull = false\ngist = {}\n[evaluations.e.targets]\nspread = { than = 'full' "
      "}\n");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].target.figure, "nll.32");
}

TEST_F(Targets, MustSayWhatIsWanted) {
  EXPECT_THAT(failure_of("{ bad = 2 }"),
              HasSubstr("r.toml:3:1: evaluations.e.targets.x has neither 'below' nor 'above'"));
}

TEST_F(Targets, MustBeMetBySomeValue) {
  EXPECT_THAT(failure_of("{ below = 1, above = 1 }"),
              HasSubstr("r.toml:3:1: evaluations.e.targets.x is met by no value"));
}

TEST_F(Targets, CallNoValueBadThatMeetsThem) {
  EXPECT_THAT(failure_of("{ below = 1, bad = 0.5 }"), HasSubstr("'bad' is less than 'below'"));
  EXPECT_THAT(failure_of("{ above = 1, bad = 1.5 }"), HasSubstr("'bad' is greater than 'above'"));
  EXPECT_THAT(failure_of("{ above = 1, below = 2, bad = 3 }"), HasSubstr("has 'bad' beside both"));
}

TEST_F(Targets, MustBeTablesOrFalse) {
  EXPECT_THAT(failure_of("0.5"),
              HasSubstr("r.toml:3:5: evaluations.e.targets.x is a float when it should be a "
                        "table, or false to remove the target"));
}

TEST_F(Targets, RefuseAKeyThatTheyDoNotKnow) {
  EXPECT_THAT(failure_of("{ under = 1 }"),
              HasSubstr("r.toml:3:7: unknown key 'under' in [evaluations.e.targets.x]"));
}

}  // namespace
}  // namespace gistmill
