// Bits against the table that they stand for.
#include "plugins/metric/rouge/common_subsequence.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <vector>

namespace gistmill::metric {
namespace {

using Words = std::vector<std::int32_t>;

// t[i][j]: length for the first i and j words.
std::vector<std::vector<int>> table_of(const Words& pattern, const Words& other) {
  std::vector<std::vector<int>> t(pattern.size() + 1, std::vector<int>(other.size() + 1, 0));
  for (std::size_t i = 1; i <= pattern.size(); ++i) {
    for (std::size_t j = 1; j <= other.size(); ++j) {
      t[i][j] = pattern[i - 1] == other[j - 1] ? t[i - 1][j - 1] + 1 : std::max(t[i - 1][j], t[i][j - 1]);
    }
  }
  return t;
}

std::vector<std::uint8_t> marked_by_table(const Words& pattern, const Words& other) {
  const auto t = table_of(pattern, other);
  std::vector<std::uint8_t> marks(pattern.size(), 0);
  for (std::size_t i = pattern.size(), j = other.size(); i > 0 && j > 0;) {
    if (pattern[i - 1] == other[j - 1]) {
      marks[--i] = 1;
      --j;
    } else if (t[i][j - 1] > t[i - 1][j]) {
      --j;
    } else {
      --i;
    }
  }
  return marks;
}

Words random_words(std::mt19937& random, std::size_t length, std::int32_t vocabulary) {
  Words words(length);
  for (std::int32_t& word : words) word = static_cast<std::int32_t>(random()) % vocabulary;
  for (std::int32_t& word : words) word = (word + vocabulary) % vocabulary;
  return words;
}

void expect_as_table(CommonSubsequence& subsequence, const Words& pattern, const Words& other,
                     std::int32_t vocabulary) {
  subsequence.set_pattern(pattern, static_cast<std::size_t>(vocabulary));
  const auto t = table_of(pattern, other);
  ASSERT_EQ(subsequence.length(other), static_cast<std::size_t>(t[pattern.size()][other.size()]))
      << pattern.size() << " and " << other.size() << " words";
  std::vector<std::uint8_t> marks(pattern.size(), 0);
  subsequence.mark(other, marks);
  ASSERT_EQ(marks, marked_by_table(pattern, other)) << pattern.size() << " and " << other.size() << " words";
}

TEST(CommonSubsequence, IsThatOfTheTableForRandomWords) {
  std::mt19937 random(5);
  CommonSubsequence subsequence;  // used again: what one pattern leaves must not reach the next
  for (int round = 0; round < 2000; ++round) {
    const std::int32_t vocabulary = 1 + static_cast<std::int32_t>(random() % (round % 2 == 0 ? 4 : 60));
    const Words pattern = random_words(random, random() % 200, vocabulary);
    const Words other = random_words(random, random() % 200, vocabulary);
    expect_as_table(subsequence, pattern, other, vocabulary);
  }
}

TEST(CommonSubsequence, IsThatOfTheTableAtTheEdgesOfBlocks) {
  std::mt19937 random(6);
  CommonSubsequence subsequence;
  for (const std::size_t length : {0, 1, 63, 64, 65, 127, 128, 129}) {
    for (const std::size_t other : {0, 1, 64, 130}) {
      expect_as_table(subsequence, random_words(random, length, 3), random_words(random, other, 3), 3);
      expect_as_table(subsequence, Words(length, 0), Words(other, 0), 1);
    }
  }
}

// More blocks than are kept at once: columns are made again on the way back.
TEST(CommonSubsequence, IsThatOfTheTableForLongSequences) {
  std::mt19937 random(7);
  CommonSubsequence subsequence;
  for (const std::int32_t vocabulary : {2, 50, 3000}) {
    expect_as_table(subsequence, random_words(random, 3001, vocabulary),
                    random_words(random, 3500, vocabulary), vocabulary);
  }
}

TEST(CommonSubsequence, KeepsMarksThatAreSet) {
  CommonSubsequence subsequence;
  const Words pattern = {0, 1, 2};
  subsequence.set_pattern(pattern, 3);
  std::vector<std::uint8_t> marks(3, 0);
  subsequence.mark(Words{2}, marks);
  subsequence.mark(Words{0}, marks);
  EXPECT_THAT(marks, ::testing::ElementsAre(1, 0, 1));
}

}  // namespace
}  // namespace gistmill::metric
