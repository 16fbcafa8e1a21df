// Bars, numbers and what is left out where the terminal is narrow.
#include "plugins/logger/progress/line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include <gistmill/text/utf8.hpp>

namespace gistmill::progress {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
const Look kBlocks{true, false, true};

std::vector<Part> parts() {
  return {{"step 372/600"}, {"loss 0.780", 1}, {"14.1 spans/s", 3}, {"54 % of peak", 4}, {"1:38 left"}};
}

TEST(ProgressBar, FillsInEighthsOfACell) {
  EXPECT_EQ(bar(0.5, 4, true), "██  ");
  EXPECT_EQ(bar(0.625, 4, true), "██▌ ");
  EXPECT_EQ(bar(0.0, 4, true), "    ");
  EXPECT_EQ(bar(1.0, 4, true), "████");
}

TEST(ProgressBar, IsAsciiWithoutUtf8) {
  EXPECT_EQ(bar(0.5, 4, false), "##..");
  EXPECT_EQ(bar(0.7, 4, false), "##..");
}

TEST(ProgressBar, HasItsWidthWhateverTheShare) {
  for (const double share : {-1.0, 0.0, 0.01, 0.333, 0.9999, 1.0, 7.0, kNan}) {
    EXPECT_EQ(text::columns(bar(share, 13, true)), 13U) << share;
    EXPECT_EQ(bar(share, 13, false).size(), 13U) << share;
  }
}

TEST(ProgressLine, ShowsEverythingWhereThereIsRoom) {
  EXPECT_EQ(
      drawn_line("train", 0.625, parts(), 120, kBlocks),
      "train    ██████████████████▊              62 %  step 372/600  loss 0.780  14.1 spans/s  54 % of peak"
      "  1:38 left");
}

TEST(ProgressLine, ShrinksTheBarFirst) {
  EXPECT_EQ(drawn_line("train", 0.5, parts(), 95, kBlocks),
            "train    ██████▌         50 %  step 372/600  loss 0.780  14.1 spans/s  54 % of peak  1:38 left");
}

TEST(ProgressLine, LeavesOutWhatIsLeastNeeded) {
  EXPECT_EQ(drawn_line("train", 0.5, parts(), 80, kBlocks),
            "train    ██████         50 %  step 372/600  loss 0.780  14.1 spans/s  1:38 left");
  EXPECT_EQ(drawn_line("train", 0.5, parts(), 70, kBlocks),
            "train    ████████           50 %  step 372/600  loss 0.780  1:38 left");
  EXPECT_EQ(drawn_line("train", 0.5, parts(), 55, kBlocks),
            "train       50 %  step 372/600  loss 0.780  1:38 left");
  EXPECT_EQ(drawn_line("train", 0.5, parts(), 45, kBlocks), "train       50 %  step 372/600  1:38 left");
}

TEST(ProgressLine, NeverWraps) {
  for (int width = 1; width < 140; ++width) {
    for (const char* label : {"train", "größer", "a-very-long-stage-name-that-nobody-should-give"}) {
      EXPECT_LE(text::columns(drawn_line(label, 0.4, parts(), width, kBlocks)),
                static_cast<std::size_t>(std::max(1, width - 1)))
          << width;
    }
  }
}

TEST(ProgressLine, ColorsTheBarOnly) {
  const std::string line = drawn_line("train", 0.5, {}, 80, Look{true, true, false});
  EXPECT_EQ(line, "train    \x1b[36m###############...............\x1b[0m   50 %");
}

TEST(ProgressLine, IsPlainInAFile) {
  EXPECT_EQ(plain_line("train", 0.629, parts()),
            "train   62 %  step 372/600  loss 0.780  14.1 spans/s  54 % of peak  1:38 left");
}

TEST(ProgressLine, SaysHundredPercentOnlyAtTheEnd) {
  EXPECT_THAT(plain_line("train", 0.9999, {}), HasSubstr(" 99 %"));
  EXPECT_THAT(plain_line("train", 1.0, {}), HasSubstr("100 %"));
}

TEST(ProgressNumbers, AreClocks) {
  EXPECT_EQ(clock(0), "0:00");
  EXPECT_EQ(clock(98.4), "1:38");
  EXPECT_EQ(clock(3753), "1:02:33");
  EXPECT_EQ(clock(kNan), "-");
  EXPECT_EQ(clock(-1), "-");
}

TEST(ProgressNumbers, HaveThreeDigitsThatMatter) {
  EXPECT_EQ(short_number(0.78), "0.780");
  EXPECT_EQ(short_number(14.14), "14.1");
  EXPECT_EQ(short_number(1520.4), "1520");
  EXPECT_EQ(short_number(0.00012), "1.20e-04");
  EXPECT_EQ(short_number(0.0), "0.000");
  EXPECT_EQ(short_number(kNan), "nan");
}

TEST(ProgressText, CannotCommandTheTerminal) {
  EXPECT_EQ(message_text("a\x1b[2Jb\rc\x07"), "a\\x1b[2Jb\\x0dc\\x07");
  EXPECT_EQ(message_text("a\xC2\x9B"
                         "2J"),
            "a\\xc2\\x9b2J");
  EXPECT_EQ(message_text("größe © é"), "größe © é");
  EXPECT_EQ(message_text("first\nsecond"), "first\n  second");
}

}  // namespace
}  // namespace gistmill::progress
