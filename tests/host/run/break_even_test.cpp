// When a compressor pays, from costs that are known.
#include <gtest/gtest.h>

#include <algorithm>

#include "host/run/break_even.hpp"

namespace gistmill {
namespace {

TEST(CostCurves, AreFoundThroughThreeSamplesOfOne) {
  const CostCurve known{0.5, 2e-3, 3e-7};
  std::vector<Sample> samples;
  for (const double x : {512.0, 1024.0, 2048.0}) samples.push_back({x, known.at(x)});
  const CostCurve found = curve_through(samples, true);
  EXPECT_NEAR(found.constant, known.constant, 1e-6);
  EXPECT_NEAR(found.linear, known.linear, 1e-8);
  EXPECT_NEAR(found.square, known.square, 1e-11);
  EXPECT_NEAR(found.at(8192) / known.at(8192), 1, 1e-6);
}

TEST(CostCurves, NeverFallHoweverNoisyTheSamplesAre) {
  // A square through these would be below 0 at ten times the length.
  const CostCurve bent = curve_through({{100, 1.0}, {200, 2.2}, {400, 3.9}}, true);
  EXPECT_GE(bent.constant, 0);
  EXPECT_GE(bent.linear, 0);
  EXPECT_EQ(bent.square, 0);
  EXPECT_NEAR(bent.at(4000), 40, 3);
  const CostCurve falling = curve_through({{100, 3.0}, {400, 2.9}}, false);
  EXPECT_EQ(falling.linear, 0);
  EXPECT_NEAR(falling.constant, 2.95, 0.01);
}

TEST(CostCurves, ThroughOneSampleAreConstant) { EXPECT_EQ(curve_through({{64, 3.0}}, true).at(1000), 3.0); }

TEST(CostCurves, AreFoundForBytesAsForSeconds) {
  const CostCurve memory = curve_through({{100, 600e6}, {300, 640e6}}, false);
  EXPECT_NEAR(memory.constant, 580e6, 1);
  EXPECT_NEAR(memory.linear, 0.2e6, 1e-2);
  const CostCurve quick = curve_through({{100, 3e-7}, {300, 5e-7}}, false);
  EXPECT_NEAR(quick.at(500) / 7e-7, 1, 1e-6);
}

// Block by block, as docs/gist-store.md says how a store is read.
ReadRows counted_rows(std::int64_t tokens, std::int64_t room, const StoreReading& reading) {
  const std::int64_t block = reading.block;
  const std::int64_t blocks = tokens / block;
  ReadRows read;
  std::int64_t first = 0;
  while (room > 0 && first < blocks && tokens - first * block > room) ++first;
  read.left_out = first * block;
  read.rows = tokens - blocks * block;
  for (std::int64_t i = first; i < blocks; ++i) {
    const std::int64_t group_end = (i / block + 1) * block * block;
    const bool whole_group = group_end <= blocks * block && i / block * block >= first;
    if (reading.has_groups && whole_group && tokens - group_end >= std::max(reading.level1, reading.recent)) {
      if (i % block == 0) read.rows += reading.gists;
    } else {
      read.rows += tokens - (i + 1) * block >= reading.recent ? reading.gists : block;
    }
  }
  return read;
}

TEST(RowsOfAStore, AreThoseOfItsBlocksOneByOne) {
  for (const bool has_groups : {false, true}) {
    for (const std::int64_t gists : {1, 2}) {
      for (const std::int64_t recent : {1, 9, 40}) {
        for (const std::int64_t level1 : {1, 30, 100}) {
          const StoreReading reading{4, gists, has_groups, recent, level1};
          for (const std::int64_t room : {0, 50, 119}) {
            for (std::int64_t tokens = 1; tokens < 240; ++tokens) {
              const ReadRows rows = rows_of(tokens, room, reading);
              const ReadRows counted = counted_rows(tokens, room, reading);
              ASSERT_EQ(rows.rows, counted.rows) << tokens << " " << room << " " << recent << " " << level1;
              ASSERT_EQ(rows.left_out, counted.left_out) << tokens << " " << room;
            }
          }
        }
      }
    }
  }
}

TEST(RowsOfAStore, AreMoreByTheTokensThatStay) {
  StoreReading reading{32, 1, false, 64, 64};
  const std::int64_t without = rows_of(1000, 0, reading).rows;
  EXPECT_EQ(without, 29 + 1000 - 29 * 32);
  reading.kept = 0.25;
  EXPECT_EQ(rows_of(1000, 0, reading).rows, without + 29 * 8);
  EXPECT_EQ(rows_of(64, 0, reading).rows, 64) << "all of it is recent";
  reading.has_groups = true;
  reading.kept = 1;
  EXPECT_EQ(rows_of(4096, 0, reading).rows, 4096 + 3 + 30)
      << "gists of 3 groups and 30 blocks beside all tokens";
}

// A pass costs a second a token and a block ten of that, a row two seconds, a new token three.
MeasuredCosts known_costs() {
  MeasuredCosts costs;
  costs.window = 64;
  costs.known = 1000;
  costs.longest = 500;
  costs.pass = {0, 1, 0};
  costs.block_seconds = 10;
  costs.group_seconds = 7;
  costs.prefill = {0, 2, 0};
  costs.step = {3, 0, 0};
  costs.memory = {1000, 10, 0};
  costs.pass_memory = 4000;
  return costs;
}

TEST(BreakEven, IsWhereTheReadingsHavePaidForTheCompressing) {
  // 128 tokens as windows [0, 64), [32, 96), [64, 128): the later two compress one of their two blocks.
  const LengthCosts costs = costs_of(128, 5, known_costs(), {32, 1, false, 32, 32});
  EXPECT_EQ(costs.compress.seconds, 64 + 54 + 54);
  EXPECT_EQ(costs.compress.bytes, 4000);
  EXPECT_EQ(costs.read.rows, 3 + 32);
  EXPECT_EQ(costs.from_store.seconds, 2 * 35 + 4 * 3);
  EXPECT_EQ(costs.from_store.bytes, 1000 + 10 * (35 + 5));
  ASSERT_TRUE(costs.whole);
  EXPECT_EQ(costs.whole->seconds, 2 * 128 + 4 * 3);
  EXPECT_EQ(costs.whole->bytes, 1000 + 10 * (128 + 5));
  EXPECT_EQ(costs.pays_from, 1) << "172 s at once, and each reading saves 186";
  EXPECT_FALSE(costs.is_extrapolated);

  MeasuredCosts slow = known_costs();
  slow.pass.linear = 10;
  EXPECT_EQ(costs_of(128, 5, slow, {32, 1, false, 32, 32}).pays_from, 11) << "1900 s at once";
}

TEST(BreakEven, IsNeverWhereNoReadingGainsByTheStore) {
  const LengthCosts costs = costs_of(128, 5, known_costs(), {32, 1, false, 200, 200});
  ASSERT_TRUE(costs.whole);
  EXPECT_EQ(costs.whole->seconds, costs.from_store.seconds);
  EXPECT_FALSE(costs.pays_from);
}

TEST(BreakEven, HasNoTextToHoldAgainstBeyondTheModelsPositions) {
  const StoreReading reading{32, 1, false, 32, 32};
  const LengthCosts last = costs_of(995, 5, known_costs(), reading);
  EXPECT_TRUE(last.whole);
  EXPECT_TRUE(last.is_extrapolated);
  const LengthCosts beyond = costs_of(996, 5, known_costs(), reading);
  EXPECT_FALSE(beyond.whole);
  EXPECT_FALSE(beyond.pays_from);
  EXPECT_EQ(beyond.read.left_out, 32);
  EXPECT_FALSE(beyond.is_extrapolated) << "a store of it has fewer rows than what was read";
}

TEST(BreakEven, CountsTheGroupsOfLevel2) {
  const StoreReading without{8, 1, false, 8, 8};
  const StoreReading with{8, 1, true, 8, 8};
  const double more = costs_of(200, 1, known_costs(), with).compress.seconds -
                      costs_of(200, 1, known_costs(), without).compress.seconds;
  EXPECT_EQ(more, 3 * 7) << "of 64 tokens";
}

}  // namespace
}  // namespace gistmill
