// Candidates against the context with the swap carried out: the same rows, whatever the mix of levels.
#include "plugins/focus/common/candidates.hpp"

#include <gtest/gtest.h>

#include "tests/plugins/focus/common/grown.hpp"

namespace gistmill::focus {
namespace {

// A row as one number each: position, and the token or the gist's level and start.
struct Row {
  std::int32_t position, token, level, start;
  bool operator==(const Row&) const = default;
};

std::vector<Row> rows(const test::Grown& grown, const WorkingContext& context, Place place) {
  const Rows all = rows_of(context, grown.tree.data(), place);
  std::vector<Row> result;
  for (std::size_t i = 0; i < all.token.size(); ++i) {
    const Entry& entry = context.entries()[static_cast<std::size_t>(all.entry[i])];
    const bool gist = all.token[i] < 0;
    result.push_back({all.position[i], all.token[i], gist ? entry.level : 0, gist ? entry.start : 0});
  }
  return result;
}

// The rows of candidate `b` in place of those that it takes out. `next`: where its rows begin.
std::vector<Row> spliced(std::vector<Row> base, const Candidates& all, std::size_t b, std::size_t& next,
                         std::size_t& gist) {
  std::vector<Row> in;
  for (std::int32_t i = 0; i < all.added[b]; ++i, ++next) {
    Row row{all.position[next], all.token[next], 0, 0};
    if (gist < all.gist_place.size() && all.gist_place[gist] == static_cast<std::int32_t>(next)) {
      row.level = all.gist_level[gist];
      row.start = all.gist_start[gist];
      ++gist;
    }
    in.push_back(row);
  }
  const auto from = base.begin() + all.first[b];
  base.insert(base.erase(from, from + all.removed[b]), in.begin(), in.end());
  return base;
}

TEST(Candidates, AreTheRowsOfTheContextWithTheSwapCarriedOut) {
  KeyedRandom random(7);
  std::int64_t seen = 0;
  for (int round = 0; round < 300; ++round) {
    ContextRules rules = test::random_rules(random);
    const test::Grown grown = test::random_grown(random, rules, 30);
    const Place place = static_cast<Place>(random.below(3));
    EntryArrays arrays = grown.context.arrays(grown.iteration);
    const std::vector<Swap> swaps = legal_swaps(arrays.entries());
    const Candidates all = candidates_of(grown.context, grown.tree.data(), place, swaps);
    ASSERT_EQ(all.entry.size(), swaps.size());
    const std::vector<Row> base = rows(grown, grown.context, place);
    std::size_t next = 0, gist = 0;
    for (std::size_t b = 0; b < swaps.size(); ++b) {
      EXPECT_EQ(all.entry[b], static_cast<std::int32_t>(swaps[b].edit.index));
      EXPECT_EQ(all.direction[b], static_cast<std::int32_t>(swaps[b].edit.direction));
      EXPECT_EQ(all.added[b] - all.removed[b], swaps[b].cost);
      const std::vector<Row> found = spliced(base, all, b, next, gist);
      if (grown.context.cost() + swaps[b].cost > rules.budget) continue;
      WorkingContext changed = grown.context;
      changed.apply({swaps[b].edit}, grown.iteration);
      ASSERT_EQ(found, rows(grown, changed, place)) << grown.context.text() << ", swap " << b;
      ++seen;
    }
    ASSERT_EQ(next, all.token.size());
    ASSERT_EQ(gist, all.gist_place.size());
  }
  EXPECT_GT(seen, 1000);
}

}  // namespace
}  // namespace gistmill::focus
