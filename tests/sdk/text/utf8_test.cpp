// Specification of what is UTF-8, and of what takes how much room.
#include <gistmill/text/utf8.hpp>

#include <gtest/gtest.h>

#include <string>

namespace gistmill::text {
namespace {

TEST(Utf8, IsReadCharacterByCharacter) {
  const std::string text = "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80";
  std::string_view rest = text;
  for (const std::int32_t code : {0x61, 0xE4, 0x20AC, 0x1F600}) {
    const Character first = first_character(rest);
    EXPECT_EQ(first.code, code);
    std::string again;
    append_utf8(again, code);
    EXPECT_EQ(again, rest.substr(0, first.size));
    rest.remove_prefix(first.size);
  }
  EXPECT_TRUE(rest.empty());
  EXPECT_TRUE(is_utf8(text));
  EXPECT_EQ(count_characters(text), 4u);
}

struct Broken {
  const char* bytes;
  std::size_t size;  // of what one replacement character stands for
};

class BrokenUtf8 : public ::testing::TestWithParam<Broken> {};

TEST_P(BrokenUtf8, IsOneCharacterAByteAndIsReplacedAsAWhole) {
  const std::string_view text = GetParam().bytes;
  EXPECT_FALSE(first_character(text).valid());
  EXPECT_EQ(first_character(text).size, 1u);
  EXPECT_EQ(broken_size(text), GetParam().size);
  EXPECT_FALSE(is_utf8(text));
  EXPECT_FALSE(is_utf8("a" + std::string(text)));
}

// RFC 3629 says what is not UTF-8, Unicode 15 (3.9, table 3-8 to 3-11) what is replaced.
INSTANTIATE_TEST_SUITE_P(Table, BrokenUtf8,
                         ::testing::Values(Broken{"\x80", 1},              // a continuation
                                           Broken{"\xC0\xAF", 1},          // overlong
                                           Broken{"\xE0\x80\xAF", 1},      // overlong
                                           Broken{"\xED\xA0\x80", 1},      // a surrogate
                                           Broken{"\xF4\x90\x80\x80", 1},  // beyond U+10FFFF
                                           Broken{"\xF5\x80\x80\x80", 1},  // no byte of UTF-8
                                           Broken{"\xC3", 1},              // cut off
                                           Broken{"\xE2\x82", 2},          // cut off
                                           Broken{"\xE2\x82-", 2},         // broken off
                                           Broken{"\xF0\x9F\x98", 3},      // cut off
                                           Broken{"\xF1\x80\x41", 2}));    // broken off

TEST(Utf8, TakesColumnsAsTerminalsGiveThem) {
  EXPECT_EQ(columns("plain"), 5u);
  EXPECT_EQ(columns("\xC3\xA4"), 1u);                  // a with dots, one character
  EXPECT_EQ(columns("a\xCC\x88"), 1u);                 // the same, the dots apart
  EXPECT_EQ(columns("\xE6\xBC\xA2\xE5\xAD\x97"), 4u);  // two wide characters
  EXPECT_EQ(columns("\xE2\x96\x88\xE2\x96\x8F"), 2u);  // of a bar
  EXPECT_EQ(columns("\xFF"), 1u);
}

}  // namespace
}  // namespace gistmill::text
