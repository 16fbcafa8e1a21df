// Normalization forms: what stays, what changes places, and how long that takes. What each character becomes
// is compared with `tokenizers` in normalizer_test.cpp.
#include <ctime>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gistmill/text/utf8.hpp>

#include "plugins/tokenizer/common/form_c.hpp"
#include "plugins/tokenizer/common/normal_forms.hpp"

namespace gistmill::tokenizer {
namespace {

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

// The vowel sign is two marks of other classes, which only its decomposition shows.
TEST(EveryForm, OrdersMarksOfDecompositionsInTimeThatGrowsWithTheirNumber) {
  constexpr int kSigns = 100'000;
  std::string text;
  for (int i = 0; i < kSigns; ++i) text += "\xE0\xBD\xB3";  // U+0F73
  for (const NormalForm form : {NormalForm::kC, NormalForm::kD, NormalForm::kKC, NormalForm::kKD}) {
    const std::clock_t start = std::clock();
    const std::string ordered = to_normal_form(text, form);
    EXPECT_LT(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC, 5.0);
    EXPECT_EQ(ordered.size(), 2 * text.size());
    EXPECT_TRUE(ordered.ends_with("\xE0\xBD\xB2\xE0\xBD\xB2"));
  }
}

TEST(EveryForm, LeavesBytesThatAreNotUtf8InTheirPlaces) {
  for (const NormalForm form : {NormalForm::kC, NormalForm::kD, NormalForm::kKC, NormalForm::kKD})
    EXPECT_EQ(to_normal_form("\xCC\x81\xFF\xCC\xA3\xE2", form), "\xCC\x81\xFF\xCC\xA3\xE2");
}

TEST(EveryForm, IsTheSameWhereALongTextIsTakenInParts) {
  std::string text, expected;
  for (int i = 0; i < 3000; ++i) text += "a\xCC\x81";
  for (int i = 0; i < 3000; ++i) expected += "\xC3\xA1";
  EXPECT_EQ(to_normal_form(text, NormalForm::kKC), expected);
  EXPECT_EQ(to_normal_form(expected, NormalForm::kD), text);
}

}  // namespace
}  // namespace gistmill::tokenizer
