// The points that a study's axes span.
#include "host/sweep/study.hpp"

#include <gmock/gmock.h>

#include "tests/host/recipe/recipe_files.hpp"

namespace gistmill {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class StudyPoints : public RecipeFiles {
 protected:
  std::vector<std::string> points(const std::string& sweep) {
    write("s.toml", "[sweep]\n" + sweep);
    std::vector<std::string> texts;
    for (const Settings& settings : points_of(read_study(load("s.toml")))) texts.push_back(text_of(settings));
    return texts;
  }
  std::string refusal(const std::string& sweep) {
    try {
      points(sweep);
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.code(), ExitCode::recipe);
      return without_folder(failure.what());
    }
    return "no failure";
  }
};

TEST_F(StudyPoints, AreAllCombinationsTheLastAxisFastest) {
  EXPECT_THAT(points("axes.\"a.b\" = [1, 2]\naxes.\"run.seed\" = [0, 1]\n"),
              ElementsAre("a.b=1 run.seed=0", "a.b=1 run.seed=1", "a.b=2 run.seed=0", "a.b=2 run.seed=1"));
}

TEST_F(StudyPoints, KeysWithoutQuotesMeanTheSame) {
  EXPECT_THAT(points("axes.a.b = ['x', 'y']\n"), ElementsAre("a.b=\"x\"", "a.b=\"y\""));
}

TEST_F(StudyPoints, TiedAxesMoveTogether) {
  EXPECT_THAT(points("axes.a = [1, 2]\naxes.b = [3, 4]\naxes.c = [5, 6]\ntie = [['a', 'c']]\n"),
              ElementsAre("a=1 b=3 c=5", "a=1 b=4 c=5", "a=2 b=3 c=6", "a=2 b=4 c=6"));
}

TEST_F(StudyPoints, OfTiedAxesEachCombinationStandsOnce) {
  EXPECT_THAT(points("axes.a = [1, 0, 1]\naxes.b = [1, 1, 0]\ntie = [['a', 'b']]\n"),
              ElementsAre("a=1 b=1", "a=0 b=1", "a=1 b=0"));
  EXPECT_THAT(refusal("axes.a = [1, 0, 1]\naxes.b = [1, 1, 1]\ntie = [['a', 'b']]\n"),
              HasSubstr("sweep.axes.\"a\" and its tied axes have the values 1, 1 twice"));
}

TEST_F(StudyPoints, ExcludedCombinationsAreLeftOut) {
  EXPECT_THAT(points("axes.a = [1, 2]\naxes.b = [3, 4]\nexclude = [{ a = 1, b = 4 }]\n"),
              ElementsAre("a=1 b=3", "a=2 b=3", "a=2 b=4"));
}

TEST_F(StudyPoints, ASampleIsTheSameEveryTimeAndInOrder) {
  const std::string axes = "axes.a = [1, 2, 3, 4, 5, 6, 7, 8]\n";
  const auto drawn = points(axes + "sample = 3\n");
  EXPECT_EQ(drawn.size(), 3u);
  EXPECT_EQ(points(axes + "sample = 3\n"), drawn);
  EXPECT_TRUE(std::is_sorted(drawn.begin(), drawn.end()));
  const auto more = points(axes + "sample = 5\n");
  for (const std::string& point : drawn) EXPECT_THAT(more, ::testing::Contains(point)) << "a larger one adds";
}

TEST_F(StudyPoints, TiedAxesOfDifferentLengthsAreRefusedWithBoth) {
  EXPECT_THAT(refusal("axes.a = [1, 2]\naxes.b = [3]\ntie = [['a', 'b']]\n"),
              HasSubstr("s.toml:4:14: tied axes have different lengths: 'a' has 2 values and 'b' has 1"));
}

TEST_F(StudyPoints, ATieOrAnExclusionOfWhatIsNoAxisIsRefusedWithTheNearest) {
  EXPECT_THAT(refusal("axes.width = [1, 2]\naxes.b = [3, 4]\ntie = [['widht', 'b']]\n"),
              HasSubstr("s.toml:4:9: sweep.tie names 'widht', which is no axis"));
  EXPECT_THAT(refusal("axes.width = [1, 2]\nexclude = [{ widht = 1 }]\n"),
              HasSubstr("did you mean 'width'?"));
  EXPECT_THAT(refusal("axes.width = [1, 2]\nexclude = [{ width = 3 }]\n"),
              HasSubstr("sweep.exclude names width = 3, which is none of the axis's values"));
}

TEST_F(StudyPoints, AnAxisNeedsValuesEachOnce) {
  EXPECT_THAT(refusal("axes.a = []\n"),
              HasSubstr("sweep.axes.\"a\" is empty when it should be a list of values"));
  EXPECT_THAT(refusal("axes.a = 3\n"), HasSubstr("sweep.axes.\"a\" is an integer when it should be a list"));
  EXPECT_THAT(refusal("axes.a = [1, 1]\n"), HasSubstr("sweep.axes.\"a\" has the value 1 twice"));
  EXPECT_THAT(refusal("axes = {}\n"), HasSubstr("sweep.axes"));
}

TEST_F(StudyPoints, AStudyWithoutPointsIsRefused) {
  EXPECT_THAT(refusal("axes.a = [1]\nexclude = [{ a = 1 }]\n"), HasSubstr("the study has no points"));
}

TEST_F(StudyPoints, ARecipeWithoutAxesIsNoStudy) {
  write("r.toml", "[run]\nsteps = 1\n");
  const Recipe recipe = load("r.toml");
  EXPECT_THROW(read_study(recipe), Failure);
}

}  // namespace
}  // namespace gistmill
