// Which windows of a text a compressor reads.
#include <gtest/gtest.h>

#include <map>

#include "host/run/gist_filler.hpp"

namespace gistmill {
namespace {

TEST(GistWindows, HoldEveryBlockOnceWithTextBeforeIt) {
  const auto windows = gist_windows(0, 1000, 10, 100);
  std::int64_t next = 0;
  for (const GistWindow& window : windows) {
    EXPECT_EQ(window.first, next);
    EXPECT_LE(window.end - window.begin, 100);
    if (window.begin > 0) {
      EXPECT_GE(window.first - window.begin, 50);
    }
    next = window.end;
  }
  EXPECT_EQ(next, 1000);
}

TEST(GistWindows, PutABlockIntoTheSameWindowHoweverTheTextGrew) {
  std::map<std::int64_t, std::int64_t> begins;  // of windows, by block
  for (const GistWindow& window : gist_windows(0, 1000, 10, 100)) {
    for (std::int64_t at = window.first; at < window.end; at += 10) begins[at] = window.begin;
  }
  for (std::int64_t first = 0; first < 990; first += 10) {
    for (const GistWindow& window : gist_windows(first, first + 20, 10, 100)) {
      for (std::int64_t at = window.first; at < window.end; at += 10)
        EXPECT_EQ(window.begin, begins[at]) << at;
    }
  }
}

TEST(GistWindows, AreNoneWhereNothingIsMissing) { EXPECT_TRUE(gist_windows(50, 50, 10, 100).empty()); }

TEST(GistWindows, OfTwoBlocksStepByOne) {
  const auto windows = gist_windows(0, 40, 10, 20);
  ASSERT_EQ(windows.size(), 3u);
  EXPECT_EQ(windows[1].begin, 10);
  EXPECT_EQ(windows[2].begin, 20);
}

}  // namespace
}  // namespace gistmill
