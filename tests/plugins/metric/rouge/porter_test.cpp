// Stems that NLTK's form of Porter's algorithm gives. All rules are held against NLTK itself on random words
// in tests/plugins/metric/common/compare_with_packages.py.
#include "plugins/metric/rouge/porter.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gistmill::metric {
namespace {

std::string stem(std::string word) {
  stem_in_place(word);
  return word;
}

TEST(Porter, TakesEndingsOffAsThePaperDoes) {
  EXPECT_EQ(stem("caresses"), "caress");
  EXPECT_EQ(stem("ponies"), "poni");
  EXPECT_EQ(stem("plastered"), "plaster");
  EXPECT_EQ(stem("feed"), "feed");
  EXPECT_EQ(stem("agreed"), "agre");
  EXPECT_EQ(stem("hopping"), "hop");
  EXPECT_EQ(stem("falling"), "fall");
  EXPECT_EQ(stem("filing"), "file");
  EXPECT_EQ(stem("relational"), "relat");
  EXPECT_EQ(stem("adoption"), "adopt");
  EXPECT_EQ(stem("controlling"), "control");
  EXPECT_EQ(stem("generalizations"), "gener");
}

TEST(Porter, KeepsTheEndingsOfShortWordsAsNltkDoes) {
  EXPECT_EQ(stem("dies"), "die");
  EXPECT_EQ(stem("flies"), "fli");
  EXPECT_EQ(stem("died"), "die");
  EXPECT_EQ(stem("spied"), "spi");
  EXPECT_EQ(stem("enjoy"), "enjoy");
  EXPECT_EQ(stem("happy"), "happi");
}

TEST(Porter, KnowsNltksIrregularWords) {
  EXPECT_EQ(stem("skies"), "sky");
  EXPECT_EQ(stem("dying"), "die");
  EXPECT_EQ(stem("news"), "news");
  EXPECT_EQ(stem("innings"), "inning");
  EXPECT_EQ(stem("succeed"), "succeed");
}

TEST(Porter, AppliesTheSecondStepAgainAfterAlli) {
  EXPECT_EQ(stem("nationally"), "nation");
  EXPECT_EQ(stem("geology"), "geolog");
  EXPECT_EQ(stem("hopefully"), "hope");
}

TEST(Porter, TakesYForAVowelAfterAConsonant) {
  EXPECT_EQ(stem("yyyying"), "yyyi");
  EXPECT_EQ(stem("syzygy"), "syzygi");
}

}  // namespace
}  // namespace gistmill::metric
