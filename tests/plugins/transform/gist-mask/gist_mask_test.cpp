// What each token sees, against the definition in the paper's words, over thousands of random layouts.
#include "plugins/transform/gist-mask/gist_mask.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include <gistmill/random.hpp>

#include "tests/plugins/transform/gist-mask/masked.hpp"

namespace gistmill::gist_mask {
namespace {

using test::Masked;
using test::masked;
using test::Row;

constexpr const char* kControls[] = {"gist", "negative", "positive", "vectors", "entries"};

// "Gist: a row at or before the last gist sees all columns up to the last gist; a row after sees columns from
// the first gist on. Negative control: after-rows see only after-columns. Positive control: all ones. No gist
// in a row: all ones." Vectors: a row from the first gist on sees nothing before it.
// Entries: after-rows see, in place of the gists and of what is between them, as many columns right before
// the first.
bool without_causality(const std::string& control, const Row& text, std::int32_t i, std::int32_t j) {
  const bool has_gist = !text.gists.empty() && text.gists[0] >= 0;
  if (!has_gist || control == "positive") return true;
  const std::int32_t first = text.gists.front();
  const std::int32_t last = text.gists.back();
  const bool after = i > last;
  if (control == "entries" && after) {
    const auto count = static_cast<std::int32_t>(text.gists.size());
    return j > last || (j < first && j >= first - count);
  }
  if (control == "vectors" && i >= first) return j >= first;
  if (!after) return j <= last;
  return control == "negative" ? j > last : j >= first;
}

// "Key padding is applied after. And with the causal mask."
bool defined_to_see(const std::string& control, const Row& text, std::int32_t i, std::int32_t j) {
  const bool padded = i < text.padding || j < text.padding;
  return without_causality(control, text, i, j) && !padded && j <= i;
}

void expect_as_defined(const std::string& control, std::int32_t width, const std::vector<Row>& rows) {
  const Masked result = masked(control, width, rows);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (std::int32_t i = 0; i < width; ++i) {
      for (std::int32_t j = 0; j < width; ++j) {
        const bool sees = result.sees(static_cast<std::int64_t>(row), i, j);
        ASSERT_EQ(sees, defined_to_see(control, rows[row], i, j))
            << control << ", row " << row << " with padding " << rows[row].padding << " and gists "
            << ::testing::PrintToString(rows[row].gists) << ", column " << i << " of " << width
            << " looks at " << j;
      }
      const std::int32_t position =
          result.positions.data<std::int32_t>()[static_cast<std::int32_t>(row) * width + i];
      ASSERT_EQ(position, std::max(0, i - rows[row].padding));
    }
  }
}

// Padding, and `gists` different columns behind it in ascending order: anywhere, so in several groups too.
Row random_row(KeyedRandom& random, std::int32_t width, std::int32_t gists) {
  Row row;
  row.padding = static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(width - gists + 1)));
  const auto room = static_cast<std::uint32_t>(width - row.padding);
  for (const std::uint32_t place : random.permutation(room)) {
    if (static_cast<std::int32_t>(row.gists.size()) == gists) break;
    row.gists.push_back(row.padding + static_cast<std::int32_t>(place));
  }
  std::sort(row.gists.begin(), row.gists.end());
  if (random.below(8) == 0) row.gists.assign(row.gists.size(), -1);
  return row;
}

TEST(GistMask, IsAsDefinedForThousandsOfRandomLayouts) {
  KeyedRandom random(20);
  for (int batch = 0; batch < 3000; ++batch) {
    const auto width = static_cast<std::int32_t>(1 + random.below(14));
    const auto gists =
        static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(std::min(width, 5)) + 1));
    std::vector<Row> rows;
    for (std::uint64_t i = 0; i <= random.below(3); ++i) rows.push_back(random_row(random, width, gists));
    expect_as_defined(kControls[batch % 4], width, rows);
    if (HasFatalFailure()) return;
  }
}

TEST(GistMask, IsAsDefinedWhereTheGistIsFirstOrLastOrAll) {
  for (const char* control : kControls) {
    expect_as_defined(control, 6, {{0, {0}}, {3, {3}}, {0, {5}}, {5, {5}}});
    expect_as_defined(control, 4, {{0, {0, 1, 2, 3}}});
    expect_as_defined(control, 5, {{5, {-1}}});
    expect_as_defined(control, 5, {{2, {}}, {0, {}}});
  }
}

TEST(GistMask, ShowsThePictureOfThePaper) {
  // a b <GIST> d e f
  const Masked result = masked("gist", 6, {{0, {2}}});
  const char* const picture[] = {"1.....", "11....", "111...", "..11..", "..111.", "..1111"};
  for (std::int32_t i = 0; i < 6; ++i) {
    for (std::int32_t j = 0; j < 6; ++j)
      EXPECT_EQ(result.sees(0, i, j), picture[i][j] == '1') << i << " " << j;
  }
}

TEST(GistMask, TextBehindTwoGroupsSeesTheTextBetweenThem) {
  // a <GIST> c <GIST> e
  const Masked gist = masked("gist", 5, {{0, {1, 3}}});
  EXPECT_TRUE(gist.sees(0, 2, 0)) << "the text between sees everything";
  EXPECT_TRUE(gist.sees(0, 4, 2)) << "and is seen from behind";
  EXPECT_FALSE(gist.sees(0, 4, 0));
  EXPECT_FALSE(masked("negative", 5, {{0, {1, 3}}}).sees(0, 4, 3)) << "without the last gist itself";
}

TEST(GistMask, ARowSeesOneUnbrokenRunThatEndsWithItself) {
  KeyedRandom random(21);
  for (int batch = 0; batch < 400; ++batch) {
    const Row row = random_row(random, 12, 3);
    const Masked result = masked(kControls[batch % 4], 12, {row});
    for (std::int32_t i = row.padding; i < 12; ++i) {
      ASSERT_TRUE(result.sees(0, i, i));
      int begins = 0;
      for (std::int32_t j = 0; j <= i; ++j)
        begins += result.sees(0, i, j) && (j == 0 || !result.sees(0, i, j - 1)) ? 1 : 0;
      ASSERT_EQ(begins, 1);
    }
  }
}

TEST(GistMask, ARowsMaskDoesNotDependOnItsNeighbors) {
  const Masked together = masked("gist", 7, {{2, {4}}, {0, {1}}, {3, {-1}}});
  const Masked alone = masked("gist", 7, {{2, {4}}});
  for (std::int32_t i = 0; i < 7; ++i) {
    for (std::int32_t j = 0; j < 7; ++j) EXPECT_EQ(together.sees(0, i, j), alone.sees(0, i, j));
    EXPECT_EQ(together.sees(2, i, 3), i >= 3) << "without a gist everything is seen";
  }
}

TEST(GistMask, ABatchWithoutRowsHasAnEmptyMask) { EXPECT_EQ(masked("gist", 5, {}).mask.size(), 0); }

}  // namespace
}  // namespace gistmill::gist_mask
