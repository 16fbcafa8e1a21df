// UTF-8 repair, line ends, and headers that are cut off.
#include "plugins/dataset/common/clean.hpp"

#include <gtest/gtest.h>

namespace gistmill::dataset {
namespace {

std::string cleaned(std::string_view bytes) { return clean_text(bytes).text; }

std::uint64_t replacements(std::string_view bytes) { return clean_text(bytes).replaced; }

TEST(CleanText, LeavesWellFormedTextAsItIs) {
  const std::string text = "plain, \u00e9\u00df\u00fc, \u4e2d\u6587, \U0001F600\n\ttab";
  EXPECT_EQ(cleaned(text), text);
  EXPECT_EQ(replacements(text), 0u);
}

TEST(CleanText, MakesEveryLineEndALineFeed) {
  EXPECT_EQ(cleaned("a\r\nb\nc\rd\r\r\n"), "a\nb\nc\nd\n\n");
  EXPECT_EQ(replacements("a\r\nb"), 0u);
}

TEST(CleanText, DropsAByteOrderMarkAtTheFrontOnly) {
  EXPECT_EQ(cleaned("\xEF\xBB\xBFone\xEF\xBB\xBFtwo"), "one\xEF\xBB\xBFtwo");
  EXPECT_EQ(cleaned("\xEF\xBB\xBF"), "");
}

// The example of Unicode 15, table 3-8, and one line a rule of table 3-7.
TEST(CleanText, ReplacesEachMaximalPartOfAnIllFormedSequence) {
  EXPECT_EQ(cleaned("a\xF1\x80\x80\xE1\x80\xC2"
                    "b\x80"
                    "c\x80\xBF"
                    "d"),
            "a\uFFFD\uFFFD\uFFFD"
            "b\uFFFD"
            "c\uFFFD\uFFFD"
            "d");
  EXPECT_EQ(replacements("\xC0\xAF"), 2u) << "overlong, two bytes";
  EXPECT_EQ(replacements("\xE0\x80\xAF"), 3u) << "overlong, three bytes";
  EXPECT_EQ(replacements("\xF0\x80\x80\xAF"), 4u) << "overlong, four bytes";
  EXPECT_EQ(replacements("\xED\xA0\x80"), 3u) << "a surrogate";
  EXPECT_EQ(replacements("\xF4\x90\x80\x80"), 4u) << "above U+10FFFF";
  EXPECT_EQ(replacements("\xFF\xFE"), 2u) << "never a byte of UTF-8";
  EXPECT_EQ(cleaned("caf\xE9"), "caf\uFFFD") << "Latin-1 at the end";
}

TEST(CleanText, KeepsTheFirstAndLastCharacterOfEveryLength) {
  for (const std::string text :
       {"\u0080", "\u07FF", "\u0800", "\uD7FF", "\uE000", "\uFFFF", "\U00010000", "\U0010FFFF"}) {
    EXPECT_EQ(cleaned(text), text);
    EXPECT_EQ(replacements(text), 0u);
  }
}

TEST(AfterLine, DropsTheHeaderAndItsLine) {
  EXPECT_EQ(after_line("# Title: X\n\n-------\nIt was\n-------\n", "-------"), "It was\n-------\n");
  EXPECT_EQ(after_line("------- and more\ntext", "-------"), "text");
}

TEST(AfterLine, LooksAtBeginsOfLinesOnly) { EXPECT_EQ(after_line("a ---\n---\nb", "---"), "b"); }

TEST(AfterLine, KeepsEverythingWhereThereIsNoSuchLine) {
  EXPECT_EQ(after_line("a\nb\n", "---"), "a\nb\n");
  EXPECT_EQ(after_line("a\nb\n", ""), "a\nb\n");
}

TEST(AfterLine, LeavesNothingWhereTheLineIsTheLast) { EXPECT_EQ(after_line("a\n---", "---"), ""); }

}  // namespace
}  // namespace gistmill::dataset
