// What others published of a variant's figures, and how intervals are made: keys of an evaluation.
#include <gmock/gmock.h>

#include "recipe_files.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;

class PublishedFigures : public RecipeFiles {
 protected:
  PublishedFigures() {
    write("base.toml",
          "[evaluations.e]\npipeline = 'p'\n[evaluations.e.variants.gist.published]\n"
          "'rougeL.f1' = { value = 57.8, within = 0.2 }\nchrf = 40\n");
  }
  Evaluation evaluation(const std::string& more = "", const std::vector<std::string>& overrides = {}) {
    write("r.toml", "extends = 'base.toml'\n" + more);
    return load("r.toml", overrides).evaluations.at(0);
  }
  // Of a recipe with this line in the variant's table.
  std::string failure_of(const std::string& line) {
    write("r.toml", "extends = 'base.toml'\n[evaluations.e.variants.gist.published]\n" + line + "\n");
    return failure("r.toml");
  }
};

TEST_F(PublishedFigures, AreReadByFigureAsNumbersOrTables) {
  const auto published = evaluation().variants.at(0).published;
  ASSERT_EQ(published.size(), 2u);
  EXPECT_EQ(published[0].published, (Published{"rougeL.f1", 57.8, 0.2}));
  EXPECT_EQ(published[1].published, (Published{"chrf", 40.0, std::nullopt}));
}

TEST_F(PublishedFigures, AreAddedChangedAndRemovedByALayer) {
  const auto published = evaluation(
                             "[evaluations.e.variants.gist.published]\nchrf = false\nkl = 1.5\n"
                             "'rougeL.f1' = { within = 0.3 }\n")
                             .variants.at(0)
                             .published;
  ASSERT_EQ(published.size(), 2u);
  EXPECT_EQ(published[0].published, (Published{"rougeL.f1", 57.8, 0.3}));
  EXPECT_EQ(published[1].published, (Published{"kl", 1.5, std::nullopt}));
}

TEST_F(PublishedFigures, RefuseWhatIsNoNumber) {
  EXPECT_THAT(failure_of("x = 'high'"),
              HasSubstr("r.toml:3:5: evaluations.e.variants.gist.published.x is a string when it should be a "
                        "number, or a table of value and within"));
  EXPECT_THAT(failure_of("x = { within = 1 }"), HasSubstr("value"));
  EXPECT_THAT(failure_of("x = { value = 1, within = -1 }"),
              HasSubstr("within is -1 when it should be at least 0"));
  EXPECT_THAT(failure_of("x = { value = 1, near = 1 }"), HasSubstr("unknown key 'near'"));
}

TEST_F(PublishedFigures, StandBesideIntervalsOfTheKindThatIsAskedFor) {
  EXPECT_EQ(evaluation().interval, IntervalKind::student);
  EXPECT_EQ(evaluation("[evaluations.e]\ninterval = 'bootstrap'\n").interval, IntervalKind::bootstrap);
  write("r.toml", "extends = 'base.toml'\n[evaluations.e]\ninterval = 'normal'\n");
  EXPECT_THAT(failure("r.toml"),
              HasSubstr("evaluations.e.interval is \"normal\" when it should be student or bootstrap"));
}

}  // namespace
}  // namespace gistmill
