// Components of a recipe that come from one of its stages.
#include <gmock/gmock.h>

#include "host/plan/options.hpp"
#include "tests/host/plan/plan_fixture.hpp"

namespace gistmill {
namespace {

using testing::HasSubstr;

class Stages : public PlanTest {
 protected:
  void SetUp() override {
    write("refine.toml", "[components.gist]\nuse = \"gistnet/refine\"\nwidth = 256\n");
  }
  Recipe study(const std::string& from) const {
    return recipe("[[stage]]\nname = \"refine\"\nrecipe = \"refine.toml\"\n[components.trained]\nfrom = \"" +
                  from + "\"\n");
  }
  std::string failure_of_from(const std::string& from) const {
    try {
      const Recipe top = study(from);
      resolve_from(top, top.components[0]);
    } catch (const Failure& failure) {
      return text_of(failure, folder);
    }
    return "";
  }
};

TEST_F(Stages, GiveTheirComponentsUseAndOptions) {
  const Recipe top = study("refine.gist");
  const ComponentUse use = resolve_from(top, top.components[0]);
  EXPECT_EQ(use.name, "trained");
  EXPECT_EQ(use.from, "refine.gist");
  EXPECT_EQ(use.use, "gistnet/refine");
  EXPECT_EQ(use.origin.line, 4u);
  EXPECT_EQ(use.use_origin.file, (folder / "refine.toml").string());
  ASSERT_NE(use.options.find("width"), nullptr);
  EXPECT_EQ(use.options.find("width")->text(), "256");
}

TEST_F(Stages, GiveAlsoWhatTheStageItselfSets) {
  const Recipe top = recipe(
      "[[stage]]\nname = \"refine\"\nrecipe = \"refine.toml\"\nset = [\"components.gist.width=128\"]\n"
      "[components.trained]\nfrom = \"refine.gist\"\n");
  EXPECT_EQ(resolve_from(top, top.components[0]).options.find("width")->text(), "128");
}

TEST_F(Stages, GiveAPlanTheirComponentsWithoutBeingReadAgain) {
  const Recipe top = study("refine.gist");
  write("refine.toml", "[components.gist]\nuse = \"gistnet/refine\"\nwidth = 512\n");
  const Plan planned = make_plan(top, catalog);
  EXPECT_EQ(planned.instances[0].option("width")->value, OptionValue(std::int64_t{256}));
  EXPECT_EQ(planned.instances[0].from, "refine.gist");
}

TEST_F(Stages, MayTakeFromStagesOfTheirOwn) {
  write("outer.toml",
        "[[stage]]\nname = \"inner\"\nrecipe = \"refine.toml\"\n[components.gist]\nfrom = \"inner.gist\"\n");
  const Recipe top = recipe(
      "[[stage]]\nname = \"outer\"\nrecipe = \"outer.toml\"\n[components.trained]\nfrom = \"outer.gist\"\n");
  EXPECT_EQ(resolve_from(top, top.components[0]).use, "gistnet/refine");
}

TEST_F(Stages, ThatAreNotThereAreRefusedWithTheNearest) {
  EXPECT_EQ(failure_of_from("refin.gist"),
            "recipe.toml:5:8: from is 'refin.gist', but recipe.toml has no stage 'refin'\n"
            "did you mean 'refine'?\nit has: refine");
  EXPECT_EQ(failure_of_from("refine.lens"),
            "recipe.toml:5:8: from is 'refine.lens', but refine.toml has no component 'lens'\nit has: gist");
}

}  // namespace
}  // namespace gistmill
