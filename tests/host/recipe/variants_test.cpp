// Variants of an evaluation as a table by id, which layers add to, change and remove from.
#include <gmock/gmock.h>

#include "recipe_files.hpp"

namespace gistmill {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Variants : public RecipeFiles {
 protected:
  Variants() {
    write("base.toml",
          "[evaluations.e]\npipeline = 'p'\nreference = 'none'\n[evaluations.e.variants]\n"
          "none = { use = { gist = 'drop' }, name = 'nothing in place' }\n"
          "mean = { use = { gist = 'mean' } }\ngist = {}\n");
  }
  Evaluation evaluation(const std::string& more = "", const std::vector<std::string>& overrides = {}) {
    write("r.toml", "extends = 'base.toml'\n" + more);
    return load("r.toml", overrides).evaluations.at(0);
  }
  static std::vector<std::string> names(const Evaluation& evaluation) {
    std::vector<std::string> names;
    for (const auto& variant : evaluation.variants) names.push_back(variant.name);
    return names;
  }
};

TEST_F(Variants, KeepTheirOrderAndAreNamedByTheirIdsWhereNoNameIsGiven) {
  EXPECT_THAT(names(evaluation()), ElementsAre("nothing in place", "mean", "gist"));
}

TEST_F(Variants, AreReferredToByIdAndShownByName) { EXPECT_EQ(evaluation().reference, "nothing in place"); }

TEST_F(Variants, OneMayBeTheCeilingOfWhatAnotherIsTheFloorOf) {
  EXPECT_EQ(evaluation("[evaluations.e]\nceiling = 'none'\n").ceiling, "nothing in place");
  write("r.toml", "[evaluations.e]\npipeline = 'p'\nceiling = 'a'\nvariants.a = {}\n");
  EXPECT_THAT(failure("r.toml"),
              HasSubstr("r.toml:3:1: evaluations.e.ceiling needs evaluations.e.reference: a "
                        "share is recovered between the two"));
}

TEST_F(Variants, AreAddedByALayerAfterThoseBelow) {
  const Evaluation found =
      evaluation("[evaluations.e.variants]\nother = { use = { own = 'o' }, binding = 'gist' }\n");
  EXPECT_THAT(names(found), ElementsAre("nothing in place", "mean", "gist", "other"));
  EXPECT_EQ(found.variants.back().binding, "gist");
}

TEST_F(Variants, AreChangedByALayerKeyByKey) {
  const Evaluation found = evaluation("[evaluations.e.variants.mean]\nname = 'centered mean'\n");
  EXPECT_THAT(names(found), ElementsAre("nothing in place", "centered mean", "gist"));
  EXPECT_EQ(found.variants[1].use.at(0).second, "mean");
}

TEST_F(Variants, AreRemovedByALayer) {
  EXPECT_THAT(names(evaluation("[evaluations.e.variants]\nmean = false\n")),
              ElementsAre("nothing in place", "gist"));
  EXPECT_THAT(names(evaluation("", {"evaluations.e.variants.mean=false"})),
              ElementsAre("nothing in place", "gist"));
}

TEST_F(Variants, ThatWereRemovedCannotBeReferredTo) {
  write("r.toml", "extends = 'base.toml'\n[evaluations.e.variants]\nnone = false\n");
  EXPECT_THAT(failure("r.toml"),
              HasSubstr("base.toml:3:13: evaluations.e.reference names the unknown variant "
                        "'none'"));
}

TEST_F(Variants, MustBeTablesOrFalse) {
  write("r.toml", "extends = 'base.toml'\n[evaluations.e.variants]\nmean = true\n");
  EXPECT_THAT(failure("r.toml"),
              HasSubstr("r.toml:3:8: evaluations.e.variants.mean is a boolean when it should "
                        "be a table, or false to remove the variant"));
}

TEST_F(Variants, HaveNamesOfTheirOwn) {
  write("r.toml", "extends = 'base.toml'\n[evaluations.e.variants.gist]\nname = 'mean'\n");
  EXPECT_THAT(failure("r.toml"),
              HasSubstr("r.toml:3:8: two variants of [evaluations.e.variants] have the name \"mean\""));
}

TEST_F(Variants, RefuseAKeyThatTheyDoNotKnowWithItsPlace) {
  write("r.toml", "extends = 'base.toml'\n[evaluations.e.variants.gist]\nbindin = 'mean'\n");
  EXPECT_THAT(failure("r.toml"),
              HasSubstr("r.toml:3:1: unknown key 'bindin' in [evaluations.e.variants.gist]"));
}

}  // namespace
}  // namespace gistmill
