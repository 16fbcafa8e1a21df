// UTF-8, classes of characters, white space and form C.
#include "plugins/tokenizer/common/unicode.hpp"

#include <ctime>
#include <string>
#include <utility>

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

TEST(FormC, ComposesWhatIsUtf8) {
  EXPECT_EQ(to_nfc("e\xCC\x81"), "\xC3\xA9");
  EXPECT_EQ(to_nfc("\xE2\x84\xAB"), "\xC3\x85");                  // angstrom sign
  EXPECT_EQ(to_nfc("\xE1\x84\x80\xE1\x85\xA1"), "\xEA\xB0\x80");  // Hangul
  EXPECT_EQ(to_nfc("e\xFF\xCC\x81"), "e\xFF\xCC\x81");            // nothing across other bytes
  EXPECT_EQ(to_nfc("\xCC"), "\xCC");
  EXPECT_EQ(to_nfc("\xCC\x81\xE0\xB0\xBC"), "\xCC\x81\xE0\xB0\xBC");  // U+0C3C: younger than its tables
}

// Marks of combining class 220 that are younger than its tables: to it they are no marks, and no mark passes
// them.
TEST(FormC, LeavesYoungMarksInTheirPlaces) {
  constexpr std::int32_t kLowest = 0x334, kHighest = 0x345, kKnown = 0x323;  // classes 1, 240, 220
  for (const std::int32_t mark :
       {0x7FD,   0x899,   0x89A,   0x89B,   0x8CF,   0x8D0,   0x8D1,   0x8D2,   0x8D3,   0x1ABF,
        0x1AC0,  0x1AC3,  0x1AC4,  0x1ACA,  0x1DF9,  0x10EFD, 0x10EFE, 0x10EFF, 0x10F46, 0x10F47,
        0x10F4B, 0x10F4D, 0x10F4E, 0x10F4F, 0x10F50, 0x10F83, 0x10F85, 0x1E4EE}) {
    for (const auto& [first, second] : {std::pair(mark, kLowest), std::pair(kHighest, mark)}) {
      std::string text = "a";
      for (const std::int32_t code : {first, second}) text::append_utf8(text, code);
      EXPECT_EQ(to_nfc(text), text) << std::hex << mark;
    }
  }
  std::string known = "b", ordered = "b";
  for (const std::int32_t code : {kHighest, kKnown}) text::append_utf8(known, code);
  for (const std::int32_t code : {kKnown, kHighest}) text::append_utf8(ordered, code);
  EXPECT_EQ(to_nfc(known), to_nfc(ordered));
}

TEST(FormC, OrdersMarksInTimeThatGrowsWithTheirNumber) {
  constexpr int kMarks = 100'000;
  std::string text = "a", expected = "\xE1\xBA\xA1";            // a with a dot below
  for (int i = 0; i < kMarks; ++i) text += "\xCC\x80\xCC\xA3";  // above, below
  for (int i = 1; i < kMarks; ++i) expected += "\xCC\xA3";
  for (int i = 0; i < kMarks; ++i) expected += "\xCC\x80";
  const std::clock_t start = std::clock();
  const std::string composed = to_nfc(text);
  EXPECT_LT(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC, 5.0);
  EXPECT_TRUE(composed == expected);
}

}  // namespace
}  // namespace gistmill::tokenizer
