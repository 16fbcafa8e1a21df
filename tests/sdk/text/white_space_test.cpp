#include <gistmill/text/white_space.hpp>

#include <gmock/gmock.h>

#include <gistmill/text/utf8.hpp>

namespace gistmill::text {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// `[c for c in range(0x110000) if chr(c).isspace()]` of Python 3.11.
TEST(WhiteSpace, IsWhatPythonSplitsAt) {
  std::vector<std::int32_t> found;
  for (std::int32_t code = 0; code < 0x110000; ++code) {
    if (is_white_space(code)) found.push_back(code);
  }
  EXPECT_THAT(found, ElementsAre(0x9, 0xA, 0xB, 0xC, 0xD, 0x1C, 0x1D, 0x1E, 0x1F, 0x20, 0x85, 0xA0, 0x1680,
                                 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008,
                                 0x2009, 0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000));
}

TEST(WhiteSpace, IsTakenOffBothEnds) {
  EXPECT_EQ(trimmed(" \xE3\x80\x80\n a b\xC2\xA0 c \t\xC2\x85"), "a b\xC2\xA0 c");
  EXPECT_EQ(trimmed(" \n"), "");
  EXPECT_EQ(trimmed(""), "");
  EXPECT_EQ(leading_white_space("\xE2\x80\x83 a"), 4u);
}

TEST(WhiteSpace, IsNotInABrokenCharacter) {
  EXPECT_EQ(trimmed(" \xE3\x80 "), "\xE3\x80");
  EXPECT_THAT(split_at_white_space("\x85 \xC2"), ElementsAre("\x85", "\xC2"));
}

TEST(WhiteSpace, SeparatesWordsThatAreNeverEmpty) {
  EXPECT_THAT(split_at_white_space("\n a\xE2\x80\xA8"
                                   "b  c"),
              ElementsAre("a", "b", "c"));
  EXPECT_THAT(split_at_white_space(" \n "), IsEmpty());
}

}  // namespace
}  // namespace gistmill::text
