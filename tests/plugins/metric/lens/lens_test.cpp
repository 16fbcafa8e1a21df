// What scores are worth: orders that are known, and choices that are known.
#include "plugins/metric/lens/lens.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "plugins/metric/lens/order.hpp"
#include "tests/plugins/support/plain_options.hpp"

namespace gistmill::metric {
namespace {

using gistmill::test::PlainOptions;
using gistmill::test::PlainTable;

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

TEST(RankingAccuracy, IsTheShareOfPairsInOrder) {
  const std::vector<float> y = {0, 0.5f, 1};
  EXPECT_EQ(ranking_accuracy({1, 2, 3}, y, 0.1f), 1);
  EXPECT_EQ(ranking_accuracy({3, 2, 1}, y, 0.1f), 0);
  EXPECT_EQ(ranking_accuracy({7, 7, 7}, y, 0.1f), 0.5);
  EXPECT_NEAR(ranking_accuracy({2, 1, 3}, y, 0.1f), 2.0 / 3, 1e-12);
  EXPECT_EQ(ranking_accuracy({2, 1, 3}, y, 0.6f), 1) << "0 and 1 alone are further apart";
  EXPECT_EQ(ranking_accuracy({2, 1, 3}, y, 1), 0.5) << "no pairs";
}

TEST(Pearson, IsTheCorrelation) {
  EXPECT_NEAR(pearson({1, 2, 3}, {-2, 0, 2}), 1, 1e-12);
  EXPECT_NEAR(pearson({1, 2, 3}, {2, 0, -2}), -1, 1e-12);
  EXPECT_NEAR(pearson({0, 1, 0, 1}, {0, 0, 1, 1}), 0, 1e-12);
  EXPECT_EQ(pearson({1, 1}, {0, 1}), 0);
  EXPECT_EQ(pearson({1}, {1}), 0);
}

TEST(Ndcg, ComparesTheBestOfTheScoresWithTheBestThereAre) {
  const std::vector<float> y = {0, 2, 1};
  EXPECT_NEAR(ndcg({0, 2, 1}, y, 2), 1, 1e-12);
  // the worst first, then 1 at rank 2, against 2 at rank 1 and 1 at rank 2
  EXPECT_NEAR(ndcg({3, 1, 2}, y, 2), (1 / std::log2(3.0)) / (2 + 1 / std::log2(3.0)), 1e-12);
  EXPECT_EQ(ndcg({3, 1, 2}, y, 1), 0);
  EXPECT_NEAR(ndcg({0, 0, 0}, {-1, 0, 1}, 3), (0.5 * 2 + 1 / std::log2(3.0)) / (2 + 1 / std::log2(3.0)),
              1e-12)
      << "relevance counts from the least; equal scores in their order";
  EXPECT_EQ(ndcg({1, 2}, {3, 3}, 2), 1);
}

Tensor ints(const std::vector<std::int32_t>& values) { return Tensor::of(values, {std::ssize(values)}); }

// K = 2: gists of two blocks of level 1 that are no siblings' pair, blocks around them, a protected one. The
// budget has room for nothing more.
class LensMetric : public ::testing::Test {
 protected:
  // Entries: block, gist, gist, block, block | gains: collapse -0.1, expand 0.5, expand 0.3, collapse -0.4
  std::vector<float> measure(const std::vector<float>& scores, std::int32_t budget = 8,
                             const PlainTable& changes = {}) const {
    PlainTable all = {{"target", std::string("source")},
                      {"scale", 1.0},
                      {"margin", 0.1},
                      {"top", std::int64_t{2}},
                      {"expand_threshold", 0.0},
                      {"collapse_threshold", 0.0},
                      {"max_actions", std::int64_t{2}}};
    for (const auto& [key, value] : changes) all[key] = value;
    const auto figures =
        Lens(PlainOptions(all).get())
            .measure(Tensor::of(scores, {5}), ints({5}), ints({0, 1, 1, 0, 0}), ints({0, 2, 4, 6, 8}),
                     Tensor::of<std::int32_t>({2}, {}), ints({10}), ints({budget}), ints({2}),
                     Tensor::of<float>({kNone, -0.1f, 0.5f, kNone, 0.3f, kNone, kNone, -0.4f, kNone, kNone},
                                       {5, 2}));
    std::vector<float> row;
    std::apply([&](const auto&... figure) { (row.push_back(figure.template data<float>()[0]), ...); },
               figures);
    return row;
  }
  enum { kAccuracy, kPearson, kNdcg, kBalance, kLegality, kGain, kOracle, kRegret };
};

TEST_F(LensMetric, OfTheLabelsThemselvesIsPerfectOrder) {
  const std::vector<float> row = measure({-0.1f, 0.5f, 0.3f, -0.4f, 0});
  EXPECT_EQ(row[kAccuracy], 1);
  EXPECT_NEAR(row[kPearson], 1, 1e-6);
  EXPECT_NEAR(row[kNdcg], 1, 1e-6);
  EXPECT_EQ(row[kLegality], 1);
  EXPECT_NEAR(row[kBalance], (0.8 - 0.5) / 1.3, 1e-6);
}

TEST_F(LensMetric, TheOracleExpandsTheBestAndPaysWithTheCheapest) {
  // full: 0.5 for 0.1. Greedy, which collapses the lowest first, pays 0.4.
  const std::vector<float> row = measure({-0.1f, 0.5f, 0.3f, -0.4f, 0});
  EXPECT_NEAR(row[kOracle], 0.4, 1e-6);
  EXPECT_NEAR(row[kGain], 0.1, 1e-6);
  EXPECT_NEAR(row[kRegret], 0.3, 1e-6);
  const std::vector<float> wise = measure({-0.4f, 0.5f, 0.3f, -0.1f, 0});
  EXPECT_NEAR(wise[kGain], 0.4, 1e-6);
  EXPECT_NEAR(wise[kRegret], 0, 1e-6);
}

TEST_F(LensMetric, WithRoomNothingNeedsToBePaid) {
  const std::vector<float> row = measure({0, 0.5f, 0.3f, 0, 0}, 10);
  EXPECT_NEAR(row[kGain], 0.8, 1e-6);
  EXPECT_NEAR(row[kRegret], 0, 1e-6);
}

TEST_F(LensMetric, ScoresForWhatCannotBeDoneAreCountedAndNotFollowed) {
  const std::vector<float> row = measure({0.9f, -0.9f, 0.3f, -0.4f, 0.9f}, 10);
  EXPECT_EQ(row[kLegality], 0.5f)
      << "a block cannot be expanded, nor a gist without its sibling be collapsed";
  EXPECT_NEAR(row[kGain], 0.3 - 0.4, 1e-6);
}

TEST_F(LensMetric, OfNoOpinionHasChanceOrderAndNoGain) {
  const std::vector<float> row = measure({0, 0, 0, 0, 0});
  EXPECT_EQ(row[kAccuracy], 0.5f);
  EXPECT_EQ(row[kPearson], 0);
  EXPECT_EQ(row[kBalance], 0);
  EXPECT_EQ(row[kGain], 0);
}

TEST_F(LensMetric, RefusesScoresOfOtherEntries) {
  const Tensor five = ints({0, 1, 1, 0, 0});
  const Lens lens(PlainOptions({{"target", std::string("source")},
                                {"scale", 1.0},
                                {"margin", 0.1},
                                {"top", std::int64_t{2}},
                                {"expand_threshold", 0.0},
                                {"collapse_threshold", 0.0},
                                {"max_actions", std::int64_t{2}}})
                      .get());
  EXPECT_THROW(lens.measure(Tensor::zeros<float>({4}), ints({5}), five, ints({0, 2, 4, 6, 8}),
                            Tensor::of<std::int32_t>({2}, {}), ints({10}), ints({8}), ints({2}),
                            Tensor::zeros<float>({5, 2})),
               Error);
}

}  // namespace
}  // namespace gistmill::metric
