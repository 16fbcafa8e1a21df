// The chart of one line.
#include "host/watch/sparkline.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace gistmill {
namespace {

std::string ascii(const std::vector<double>& values, int cells) { return sparkline(values, cells, false); }

TEST(Sparkline, GoesFromTheLowestToTheHighest) {
  EXPECT_EQ(ascii({0, 1, 2, 3, 4, 5, 6, 7}, 20), ".:-=+*#@");
  EXPECT_EQ(sparkline(std::vector<double>{0, 7}, 20, true), "▁█");
}

TEST(Sparkline, ShowsTheMeanOfEachPartOfMoreValues) {
  EXPECT_EQ(ascii({10, 10, 4, 6, 0, 0}, 3), "@+.");
  EXPECT_EQ(ascii({1, 2, 3, 4, 5, 6, 7}, 3), ".=@");
}

TEST(Sparkline, OfEqualValuesIsLevel) { EXPECT_EQ(ascii({3, 3, 3}, 3), "+++"); }

TEST(Sparkline, LeavesOutWhatIsNotFinite) {
  EXPECT_EQ(ascii({0, NAN, 7}, 3), ". @");
  EXPECT_EQ(ascii({0, 0, INFINITY, 7}, 2), ".@");
  EXPECT_EQ(ascii({NAN}, 3), " ");
}

TEST(Sparkline, OfNothingIsEmpty) {
  EXPECT_EQ(ascii({}, 5), "");
  EXPECT_EQ(ascii({1, 2}, 0), "");
  EXPECT_EQ(ascii({1, 2}, -3), "");
}

}  // namespace
}  // namespace gistmill
