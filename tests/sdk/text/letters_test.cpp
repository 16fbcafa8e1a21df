#include <gistmill/text/letters.hpp>

#include <gtest/gtest.h>

namespace gistmill::text {
namespace {

TEST(LowerCase, IsThatOfPython) {
  EXPECT_EQ(lower_case("AbC \xC3\x84\xD0\x96"), "abc \xC3\xA4\xD0\xB6");
  EXPECT_EQ(lower_case("\xE2\x84\xAA"), "k");      // U+212A
  EXPECT_EQ(lower_case("\xC4\xB0"), "i\xCC\x87");  // U+0130
  EXPECT_EQ(lower_case("STRASSE stra\xC3\x9F"
                       "e"),
            "strasse stra\xC3\x9F"
            "e");
}

TEST(LowerCase, EndsAWordWithAFinalSigma) {
  EXPECT_EQ(lower_case("\xCE\x9F\xCE\xA3"), "\xCE\xBF\xCF\x82");  // OS
  EXPECT_EQ(lower_case("\xCE\x9F\xCE\xA3."), "\xCE\xBF\xCF\x82.");
  EXPECT_EQ(lower_case("\xCE\x9F\xCE\xA3\xCE\x9F"), "\xCE\xBF\xCF\x83\xCE\xBF");  // OSO
  EXPECT_EQ(lower_case("\xCE\xA3"), "\xCF\x83");                                  // S alone
  EXPECT_EQ(lower_case("\xCE\x9F'\xCE\xA3.1"), "\xCE\xBF'\xCF\x82.1");
  // U+2024 stands within a word.
  EXPECT_EQ(lower_case("\xCE\x9F\xCE\xA3\xE2\x80\xA4\xCE\x9F"), "\xCE\xBF\xCF\x83\xE2\x80\xA4\xCE\xBF");
}

TEST(LowerCase, LeavesBytesThatAreNoUtf8) { EXPECT_EQ(lower_case("A\xFF\xC3Z"), "a\xFF\xC3z"); }

TEST(Letters, AreWhatMakesWords) {
  EXPECT_TRUE(is_letter_or_number('a'));
  EXPECT_TRUE(is_letter_or_number('7'));
  EXPECT_TRUE(is_letter_or_number(0x6771));
  EXPECT_TRUE(is_letter_or_number(0xBD));  // one half
  EXPECT_FALSE(is_letter_or_number('_'));
  EXPECT_FALSE(is_letter_or_number(0x301));  // an accent by itself
  EXPECT_FALSE(is_letter_or_number(0x2019));
}

}  // namespace
}  // namespace gistmill::text
