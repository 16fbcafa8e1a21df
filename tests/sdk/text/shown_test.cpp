// Specification of what a terminal gets to see.
#include <gistmill/text/shown.hpp>

#include <gtest/gtest.h>

#include <string>

namespace gistmill::text {
namespace {

TEST(Printable, LeavesTextAsItIs) {
  const std::string text = "line\n\tcolumn \xC3\xA4 \xE2\x82\xAC \xC2\xA0 ~";
  EXPECT_EQ(printable(text), text);
}

TEST(Printable, ShowsControlCharactersInsteadOfObeyingThem) {
  EXPECT_EQ(printable("\x1b[31mred\x07\r\x7f"), "\\x1b[31mred\\x07\\x0d\\x7f");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
}

// U+0080 to U+009F: "\xC2\x9B" is what ESC [ is, to a terminal that reads UTF-8.
TEST(Printable, ShowsTheC1ControlsToo) {
  for (int code = 0x80; code < 0xA0; ++code) {
    const std::string text = {'\xC2', static_cast<char>(code)};
    EXPECT_EQ(printable(text).size(), 8u) << code;
  }
  EXPECT_EQ(printable("\xC2\x9B[2J"), "\\xc2\\x9b[2J");
}

// To a terminal that does not read UTF-8 such a byte is a C1 control by itself.
TEST(Printable, ShowsBytesThatAreNotUtf8) {
  EXPECT_EQ(printable("\x9b"
                      "2J"),
            "\\x9b2J");
  EXPECT_EQ(printable("\xE2\x82"), "\\xe2\\x82");
}

TEST(BytesText, CountsInPowersOfTen) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(999), "999 B");
  EXPECT_EQ(bytes_text(1'000), "1 kB");
  EXPECT_EQ(bytes_text(270'000'000), "270 MB");
  EXPECT_EQ(bytes_text(1'310'000'000), "1.3 GB");
  EXPECT_EQ(bytes_text(2'000'000'000'000), "2000.0 GB");
  EXPECT_EQ(bytes_text(~std::uint64_t{0}), "18446744073.7 GB");
}

TEST(BytesText, GoesToTheNextUnitWhereRoundingLeadsThere) {
  EXPECT_EQ(bytes_text(999'499), "999 kB");
  EXPECT_EQ(bytes_text(999'500), "1 MB");
  EXPECT_EQ(bytes_text(999'500'000), "1.0 GB");
}

TEST(BytesText, RoundsUpWhatIsNeededAndDownWhatIsThere) {
  EXPECT_EQ(bytes_text(1'310'000'001, Rounding::up), "1.4 GB");
  EXPECT_EQ(bytes_text(1'390'000'000, Rounding::down), "1.3 GB");
  EXPECT_EQ(bytes_text(1'300'000'000, Rounding::up), "1.3 GB");
  EXPECT_EQ(bytes_text(999'999'999, Rounding::down), "999 MB");
  EXPECT_EQ(bytes_text(999'000'001, Rounding::up), "1.0 GB");
}

}  // namespace
}  // namespace gistmill::text
