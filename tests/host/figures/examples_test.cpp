// Single items as text, kept in files.
#include "host/figures/examples.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "host/diagnostic/failure.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

class ExamplesTest : public ::testing::Test {
 protected:
  gistmill::testing::ScratchFolder scratch_;
  std::filesystem::path run_ = scratch_ / "run";
};

TEST_F(ExamplesTest, AreTheSameWhenReadAgain) {
  const Example worst{"gist", false, "3fa9.2", 1.5, "a span", {{" the", 0.25}, {" dog", kNan}}};
  const Example best{"gist", true, "3fa9.1", -0.5, "", {}, 1.25, 0.75};
  write_examples(examples_file(run_, "first", "heldout"), {"first", "heldout", "delta.32", {worst, best}});
  const auto all = read_examples_of(run_);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].stage, "first");
  EXPECT_EQ(all[0].evaluation, "heldout");
  EXPECT_EQ(all[0].figure, "delta.32");
  ASSERT_EQ(all[0].examples.size(), 2u);
  const Example& read = all[0].examples[0];
  EXPECT_EQ(read.variant, "gist");
  EXPECT_FALSE(read.best);
  EXPECT_EQ(read.key, "3fa9.2");
  EXPECT_EQ(read.value, 1.5);
  EXPECT_EQ(read.text, "a span");
  ASSERT_EQ(read.tokens.size(), 2u);
  EXPECT_EQ(read.tokens[0].text, " the");
  EXPECT_EQ(read.tokens[0].value, 0.25);
  EXPECT_TRUE(std::isnan(read.tokens[1].value));
  EXPECT_TRUE(std::isnan(read.mean));
  EXPECT_TRUE(all[0].examples[1].best);
  EXPECT_EQ(all[0].examples[1].mean, 1.25);
  EXPECT_EQ(all[0].examples[1].mean_less, 0.75);
}

TEST_F(ExamplesTest, MayHoldBytesThatAreNoText) {
  write_examples(examples_file(run_, "", "heldout"),
                 {"", "heldout", "x", {{"gist", false, "", 0, "a\xff", {}}}});
  EXPECT_EQ(read_examples_of(run_).at(0).examples.at(0).text, "a\uFFFD");
}

TEST_F(ExamplesTest, AreNoneWhereTheRunKeptNone) { EXPECT_THAT(read_examples_of(run_), IsEmpty()); }

TEST_F(ExamplesTest, RefuseAFileOfAnotherKind) {
  std::filesystem::create_directories(run_ / "examples");
  std::ofstream(run_ / "examples/heldout.json") << R"({"format": 7})";
  try {
    read_examples_of(run_);
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("heldout.json"));
    EXPECT_THAT(failure.what(), HasSubstr("is no file of examples"));
  }
}

}  // namespace
}  // namespace gistmill
