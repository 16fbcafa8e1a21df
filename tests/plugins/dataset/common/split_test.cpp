// Who is held out.
#include "plugins/dataset/common/split.hpp"

#include <gtest/gtest.h>

namespace gistmill::dataset {
namespace {

TEST(Split, HoldsOutAboutTheShareThatWasAskedFor) {
  SplitOptions options;
  options.validation = 0.1;
  int held = 0;
  for (int i = 0; i < 10000; ++i) held += split_of(options, "group " + std::to_string(i));
  EXPECT_NEAR(held, 1000, 120) << "four standard deviations";
}

TEST(Split, OfAGroupDependsOnNothingButItsNameAndTheSalt) {
  SplitOptions options;
  options.validation = 0.5;
  SplitOptions salted = options;
  salted.salt = "again";
  int moved = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::string group = std::to_string(i);
    EXPECT_EQ(split_of(options, group), split_of(options, group));
    moved += split_of(options, group) != split_of(salted, group);
  }
  EXPECT_NEAR(moved, 500, 65);
}

TEST(Split, IsTheSameInEveryVersion) {
  SplitOptions options;
  options.validation = 0.5;
  std::string splits;
  for (const char* group : {"novels/emma", "novels/persuasion", "a", "b", "c", "d"}) {
    splits += std::to_string(split_of(options, group));
  }
  EXPECT_EQ(splits, "111100") << "prepared corpora and published results depend on it";
}

TEST(Split, GrowsWithTheShareAndNeverSwapsAGroup) {
  SplitOptions few;
  few.validation = 0.1;
  SplitOptions more = few;
  more.validation = 0.2;
  for (int i = 0; i < 1000; ++i)
    EXPECT_LE(split_of(few, std::to_string(i)), split_of(more, std::to_string(i)));
}

TEST(Split, HoldsWholeWorksOutWhereTheGroupEndsAtAText) {
  SplitOptions options;
  options.group = "__";
  EXPECT_EQ(group_of(options, "novels/emma__07.txt", ""), "novels/emma");
  EXPECT_EQ(group_of(options, "a__b/plain.txt", ""), "a__b/plain.txt") << "folders are no part of it";
  options.group = "file";
  EXPECT_EQ(group_of(options, "novels/emma__07.txt", "x"), "novels/emma__07.txt");
}

}  // namespace
}  // namespace gistmill::dataset
