// How windows cover a text: every token but the first once, with as much before it as was promised.
#include "host/model/score_windows.hpp"

#include <gtest/gtest.h>

namespace gistmill {
namespace {

TEST(ScoreWindows, ShortTextIsOneWindow) {
  const auto windows = score_windows(5, 8, 4);
  ASSERT_EQ(windows.size(), 1u);
  EXPECT_EQ(windows[0].begin, 0);
  EXPECT_EQ(windows[0].end, 5);
  EXPECT_EQ(windows[0].counted, 1);
}

TEST(ScoreWindows, LastWindowEndsAtTheTextsEndAndIsFull) {
  const auto windows = score_windows(13, 8, 4);
  ASSERT_EQ(windows.size(), 3u);
  EXPECT_EQ(windows[1].begin, 4);
  EXPECT_EQ(windows[1].counted, 8);
  EXPECT_EQ(windows[2].begin, 5);
  EXPECT_EQ(windows[2].end, 13);
  EXPECT_EQ(windows[2].counted, 12);
}

TEST(ScoreWindows, EveryTokenCountsOnceWithAtLeastWindowMinusStrideBeforeIt) {
  for (std::int64_t window = 2; window < 9; ++window) {
    for (std::int64_t stride = 1; stride < window; ++stride) {
      for (std::int64_t tokens = 2; tokens < 40; ++tokens) {
        std::int64_t next = 1;
        for (const ScoreWindow& each : score_windows(tokens, window, stride)) {
          EXPECT_EQ(each.counted, next);
          EXPECT_LE(each.end - each.begin, window);
          EXPECT_GE(each.begin, 0);
          EXPECT_TRUE(each.begin == 0 || each.counted - each.begin >= window - stride);
          next = each.end;
        }
        EXPECT_EQ(next, tokens) << window << " " << stride;
      }
    }
  }
}

}  // namespace
}  // namespace gistmill
