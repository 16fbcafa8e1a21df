// Specification of how failures read, and of which name is taken to be meant.
#include "host/diagnostic/failure.hpp"
#include "host/diagnostic/did_you_mean.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace gistmill {
namespace {

// Writes a file of its own for each test, named recipe.toml in a folder that goes with the test.
class FailureText : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // what() without the folder, for a failure at line:column of a file with these contents.
  std::string text_at(const std::string& contents, std::uint32_t line, std::uint32_t column,
                      std::vector<std::string> notes = {}) {
    const std::filesystem::path file = folder_ / "recipe.toml";
    std::ofstream(file, std::ios::binary) << contents;
    const Failure failure(ExitCode::recipe, Origin{file, line, column}, "it is wrong", std::move(notes));
    std::string text = failure.what();
    return text.substr(folder_.string().size() + 1);
  }

  std::filesystem::path folder_;
};

TEST_F(FailureText, ShowsPlaceLineUnderlinedWordAndNotes) {
  EXPECT_EQ(text_at("[components.gist]\nwidht = 256\n", 2, 1, {"did you mean 'width'?", "second note"}),
            "recipe.toml:2:1: it is wrong\n"
            "    2 | widht = 256\n"
            "      | ^~~~~\n"
            "  did you mean 'width'?\n"
            "  second note");
}

TEST_F(FailureText, UnderlinesAQuotedStringWhole) {
  EXPECT_EQ(text_at("use = \"gistnet/refin\" # x", 1, 7),
            "recipe.toml:1:7: it is wrong\n"
            "    1 | use = \"gistnet/refin\" # x\n"
            "      |       ^~~~~~~~~~~~~~~");
}

TEST_F(FailureText, UnderlinesANumberWithItsFraction) {
  EXPECT_EQ(text_at("clip = -0.5", 1, 8),
            "recipe.toml:1:8: it is wrong\n    1 | clip = -0.5\n      |        ^~~~");
}

TEST_F(FailureText, CountsColumnsInCharactersNotBytes) {
  EXPECT_EQ(text_at("\"é\" = [1]", 1, 7),
            "recipe.toml:1:7: it is wrong\n    1 | \"é\" = [1]\n      |       ^");
}

TEST_F(FailureText, KeepsTabsSoThatTheCaretStandsBelowTheWord) {
  EXPECT_EQ(text_at("\tx = 1", 1, 2), "recipe.toml:1:2: it is wrong\n    1 | \tx = 1\n      | \t^");
}

TEST_F(FailureText, DropsTheCarriageReturnOfAForeignLine) {
  EXPECT_EQ(text_at("x = 1\r\ny = 2\r\n", 1, 1), "recipe.toml:1:1: it is wrong\n    1 | x = 1\n      | ^");
}

TEST_F(FailureText, ShowsNoLineWhereTheFileEndsBefore) {
  EXPECT_EQ(text_at("x = 1\n", 7, 1), "recipe.toml:7:1: it is wrong");
}

TEST_F(FailureText, ShowsNoCaretPastTheEndOfTheLine) {
  EXPECT_EQ(text_at("x\n", 1, 9), "recipe.toml:1:9: it is wrong\n    1 | x");
}

TEST_F(FailureText, PointsAfterTheLastCharacterIfSomethingIsMissing) {
  EXPECT_EQ(text_at("x =\n", 1, 4), "recipe.toml:1:4: it is wrong\n    1 | x =\n      |    ^");
}

TEST_F(FailureText, ShowsNoLineOfABinaryFile) {
  EXPECT_EQ(text_at(std::string("\x7f"
                                "ELF\x02\x01",
                                6),
                    1, 1),
            "recipe.toml:1:1: it is wrong");
}

TEST_F(FailureText, NamesOnlyTheFileWhereTheWholeFileIsMeant) {
  EXPECT_EQ(text_at("x = 1", 0, 0), "recipe.toml: it is wrong");
}

TEST(Failure, WithoutAPlaceIsMessageAndNotes) {
  const Failure failure(ExitCode::plugin, "unknown component 'x/y'", {"build it first"});
  EXPECT_STREQ(failure.what(), "unknown component 'x/y'\n  build it first");
  EXPECT_EQ(failure.code(), ExitCode::plugin);
  EXPECT_EQ(failure.message(), "unknown component 'x/y'");
  EXPECT_EQ(failure.notes(), std::vector<std::string>{"build it first"});
  EXPECT_FALSE(failure.origin().known());
}

TEST(Failure, OfAnOverrideShowsTheOverrideAsItsPlace) {
  const Failure failure(ExitCode::recipe, Origin{"--set run.stepz=3", 0, 0}, "unknown key 'stepz' in [run]");
  EXPECT_STREQ(failure.what(), "--set run.stepz=3: unknown key 'stepz' in [run]");
}

struct Meant {
  const char* name;
  std::vector<std::string> candidates;
  const char* expected;
};

class Nearest : public ::testing::TestWithParam<Meant> {};

TEST_P(Nearest, FindsTheNameThatIsMeant) {
  EXPECT_EQ(nearest(GetParam().name, GetParam().candidates), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Nearest,
    ::testing::Values(Meant{"widht", {"heads", "width", "wide"}, "width"},  // neighbors swapped: one edit
                      Meant{"mse2", {"mae", "mse"}, "mse"},                 // one too many
                      Meant{"stps", {"steps", "stops"}, "steps"},           // a tie goes to the first
                      Meant{"learning-rate", {"learning_rate"}, "learning_rate"},
                      Meant{"gistnet/refin", {"gistnet/refine", "gistnet/mean"}, "gistnet/refine"},
                      Meant{"margin", {"temperature", "weight"}, ""},  // nothing near
                      Meant{"x", {"y"}, ""},                           // every letter differs
                      Meant{"", {"a", "b"}, ""}, Meant{"anything", {}, ""}));

TEST(DidYouMean, StandsBeforeTheOtherNotes) {
  using Notes = std::vector<std::string>;
  EXPECT_EQ(did_you_mean("widht", {"heads", "width"}), Notes{"did you mean 'width'?"});
  EXPECT_EQ(did_you_mean("jsn", {"json"}, {"more"}, "--"), (Notes{"did you mean '--json'?", "more"}));
  EXPECT_EQ(did_you_mean("margin", {"heads", "width"}, {"more"}), Notes{"more"});
}

TEST(Suggestion, NamesTheNearestAndAllAllowedNames) {
  EXPECT_EQ(suggestion("widht", "gistnet/refine", {"width", "heads"}),
            "did you mean 'width'? gistnet/refine takes: heads width");
  EXPECT_EQ(suggestion("margin", "gistnet/refine", {"width", "heads"}), "gistnet/refine takes: heads width");
  EXPECT_EQ(suggestion("margin", "gistnet/zero", {}), "gistnet/zero takes none");
}

}  // namespace
}  // namespace gistmill
