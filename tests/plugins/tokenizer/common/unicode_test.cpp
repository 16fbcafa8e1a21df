// UTF-8, classes of characters and white space.
#include "plugins/tokenizer/common/unicode.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gistmill/text/utf8.hpp>

namespace gistmill::tokenizer {
namespace {

std::int32_t decode(std::string_view text, std::size_t expected_size) {
  std::size_t size = 0;
  const std::int32_t code = decode_utf8(text, 0, &size);
  EXPECT_EQ(size, expected_size);
  return code;
}

TEST(Utf8, IsDecodedAndEncoded) {
  for (const std::int32_t code : {0x0, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF}) {
    std::string text;
    text::append_utf8(text, code);
    EXPECT_EQ(decode(text, text.size()), code);
  }
}

TEST(Utf8, IsNotOverlongCutOffOrASurrogate) {
  for (const char* text :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xE0\x80\x80", "\xE2\x82", "\xED\xA0\x80",
        "\xF0\x80\x80\x80", "\xF0\x9F\x98", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    EXPECT_EQ(decode(text, 1), kNoCharacter) << text;
  }
}

CharacterClass class_of(std::int32_t code) {
  std::string text;
  text::append_utf8(text, code);
  return character_at(text, 0).type;
}

// Of Unicode 16 as the expressions of `tokenizers` know it, and the numbers of 17 that its Digits knows.
TEST(CharacterClasses, AreThoseOfTheReference) {
  EXPECT_EQ(class_of('a'), CharacterClass::kLetter);
  EXPECT_EQ(class_of(0x1C89), CharacterClass::kLetter);      // new in 16
  EXPECT_EQ(class_of(0x10940), CharacterClass::kOther);      // a letter since 17
  EXPECT_EQ(class_of(0x10D40), CharacterClass::kNumber);     // new in 16
  EXPECT_EQ(class_of(0x11DE0), CharacterClass::kNewNumber);  // new in 17
  EXPECT_EQ(class_of(0x301), CharacterClass::kOther);
  EXPECT_EQ(class_of(0x3000), CharacterClass::kSpace);
  EXPECT_EQ(class_of(0x200B), CharacterClass::kOther);
  EXPECT_EQ(class_of(0x10FFFF), CharacterClass::kOther);
}

TEST(WhiteSpace, IsFoundAtBothEnds) {
  EXPECT_EQ(leading_space(" \xC2\xA0\xE3\x80\x80x "), 6u);
  EXPECT_EQ(trailing_space(" x\xC2\xA0\xE3\x80\x80\n"), 6u);
  EXPECT_EQ(trailing_space("\x80\x80"), 0u);
  EXPECT_EQ(trailing_space(" "), 1u);
  EXPECT_EQ(leading_space(""), 0u);
}

}  // namespace
}  // namespace gistmill::tokenizer
