// From which corpus the next window comes: shares, epochs, passes, and how a run goes on.
#include "plugins/dataset/spans/mixture.hpp"
#include "tests/support/message_of.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <numeric>
#include <set>
#include <utility>

#include <gistmill/plugin/values.hpp>

namespace gistmill::dataset {
namespace {

using ::testing::ElementsAre;

using Windows = std::vector<std::pair<std::size_t, std::size_t>>;  // corpus, window

const std::vector<double> kWeights = {60, 30, 10};

MixedOrder order_of(const std::vector<std::size_t>& windows, const std::vector<double>& weights,
                    const MixedOrder::Settings& settings, std::uint64_t seed = 7) {
  MixedOrder order(windows, weights, settings);
  order.set_seed(seed);
  return order;
}

Windows take(MixedOrder& order, std::size_t count) {
  Windows taken;
  for (MixedOrder::Choice choice; taken.size() < count && order.next(choice);)
    taken.emplace_back(choice.corpus, choice.window);
  return taken;
}

std::vector<std::size_t> corpora_of(const Windows& windows) {
  std::vector<std::size_t> corpora;
  for (const auto& [corpus, window] : windows) corpora.push_back(corpus);
  return corpora;
}

TEST(CorpusDraws, GiveEachCorpusItsShareOfEveryStretch) {
  CorpusDraws draws(kWeights);
  for (const std::uint64_t key : {0, 1, 99}) {
    draws.set_key(key * 0x123456789abcdefULL);
    std::vector<double> drawn(3, 0);
    for (std::uint64_t number = 0; number < 100000; ++number) {
      ++drawn[draws.corpus(number)];
      for (std::size_t corpus = 0; corpus < 3; ++corpus) {
        const double share = static_cast<double>(number + 1) * kWeights[corpus] / 100;
        ASSERT_LT(std::abs(drawn[corpus] - share), 4) << "corpus " << corpus << " after " << number + 1;
      }
    }
  }
}

TEST(CorpusDraws, AreDecidedByKeyAndNumberAlone) {
  CorpusDraws one(kWeights);
  CorpusDraws two(kWeights);
  one.set_key(5);
  two.set_key(UINT64_C(1) << 63);
  std::size_t different = 0;
  for (std::uint64_t number = 100; number-- > 0;) {
    EXPECT_EQ(one.corpus(number), one.corpus(number));
    different += one.corpus(number) != two.corpus(number);
  }
  EXPECT_GT(different, 0u);
}

TEST(WindowsByWeight, AreAllOfThemWhereEpochsRepeat) {
  EXPECT_THAT(windows_by_weight({100, 7, 50}, kWeights, 0, true), ElementsAre(100, 7, 50));
}

TEST(WindowsByWeight, OfOnePassAreAsManyAsTheSmallestForItsWeightAllows) {
  EXPECT_THAT(windows_by_weight({100, 100, 100}, kWeights, 0, false), ElementsAre(99, 50, 17))
      << "166 in all: 100 of the first would need 166.7";
  EXPECT_THAT(windows_by_weight({1000, 300, 20}, kWeights, 0, false), ElementsAre(120, 60, 20));
  EXPECT_THAT(windows_by_weight({1000, 300, 20}, {0.6, 0.3, 0.1}, 0, false), ElementsAre(120, 60, 20));
  EXPECT_THAT(windows_by_weight({5}, {2}, 0, false), ElementsAre(5));
}

TEST(WindowsByWeight, ShareALimit) {
  EXPECT_THAT(windows_by_weight({100, 100, 100}, kWeights, 32, true), ElementsAre(19, 10, 3));
  EXPECT_THAT(windows_by_weight({100, 100, 100}, kWeights, 3, true), ElementsAre(2, 1, 1));
  EXPECT_THAT(windows_by_weight({100, 100, 2}, kWeights, 100, false), ElementsAre(12, 6, 2))
      << "one pass cannot have more";
  EXPECT_THAT(windows_by_weight({9}, {1}, 4, true), ElementsAre(4));
}

TEST(WindowsByWeight, RefuseALimitThatLeavesACorpusOut) {
  try {
    windows_by_weight({100, 100, 100}, kWeights, 2, true);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "limit is 2 when there are 3 corpora: each needs a window");
    EXPECT_EQ(error.key, "limit");
  }
}

TEST(MixedOrder, UsesAllWindowsOfACorpusBeforeOneComesAgain) {
  MixedOrder order = order_of({40, 15, 4}, kWeights, {});
  std::vector<std::multiset<std::size_t>> seen(3);
  std::vector<std::size_t> sizes = {40, 15, 4};
  for (int step = 0; step < 1000; ++step) {
    const auto [corpus, window] = take(order, 1).front();
    seen[corpus].insert(window);
    const std::size_t epochs = (seen[corpus].size() + sizes[corpus] - 1) / sizes[corpus];
    ASSERT_LE(seen[corpus].count(window), epochs) << "window " << window << " of corpus " << corpus;
  }
  EXPECT_NEAR(static_cast<double>(seen[2].size()), 100, 4);
}

TEST(MixedOrder, OfOnePassGivesEveryWindowOnceAndEnds) {
  for (const bool shuffle : {false, true}) {
    MixedOrder order = order_of({12, 6, 2}, kWeights, {.shuffle = shuffle, .repeat = false});
    const Windows taken = take(order, 100);
    EXPECT_EQ(taken.size(), 20u);
    EXPECT_EQ(std::set(taken.begin(), taken.end()).size(), 20u);
    MixedOrder::Choice choice;
    EXPECT_FALSE(order.next(choice)) << "and stays at its end";
  }
}

TEST(MixedOrder, IsTheSameForEverySeedWhereItIsSequential) {
  const auto sequence = [](std::uint64_t seed) {
    MixedOrder order = order_of({5, 5, 5}, kWeights, {.shuffle = false}, seed);
    return take(order, 40);
  };
  EXPECT_EQ(sequence(1), sequence(2));
  std::size_t next = 0;
  for (const auto& [corpus, window] : sequence(1)) {
    if (corpus == 1) {
      EXPECT_EQ(window, next++ % 5) << "each corpus in the order of its file";
    }
  }
}

TEST(MixedOrder, IsAnotherForAnotherSeed) {
  const auto sequence = [](std::uint64_t seed) {
    MixedOrder order = order_of({50, 50, 50}, kWeights, {}, seed);
    return corpora_of(take(order, 200));
  };
  EXPECT_EQ(sequence(1), sequence(1));
  EXPECT_NE(sequence(1), sequence(2));
}

TEST(MixedOrder, GivesEachWindowAsOftenInARowAsAskedFor) {
  MixedOrder order = order_of({40, 15, 4}, kWeights, {.passes = 3});
  const Windows taken = take(order, 300);
  for (std::size_t i = 0; i < taken.size(); i += 3) {
    EXPECT_EQ(taken[i], taken[i + 1]);
    EXPECT_EQ(taken[i], taken[i + 2]);
  }
  MixedOrder single = order_of({3}, {1}, {.shuffle = false, .repeat = false, .passes = 2});
  EXPECT_THAT(take(single, 9), ElementsAre(std::pair(0, 0), std::pair(0, 0), std::pair(0, 1), std::pair(0, 1),
                                           std::pair(0, 2), std::pair(0, 2)));
}

TEST(MixedOrder, OfOneCorpusIsThatOfRunsThatWereSavedBefore) {
  MixedOrder order = order_of({8}, {1}, {}, 9);
  std::vector<std::size_t> windows;
  for (const auto& [corpus, window] : take(order, 16)) windows.push_back(window);
  EXPECT_THAT(windows, ElementsAre(3, 1, 2, 6, 0, 5, 4, 7, 4, 6, 3, 2, 1, 5, 0, 7));
}

TEST(MixedOrder, GoesOnFromEveryStepAsIfNothingHadHappened) {
  const std::vector<std::size_t> windows = {9, 5, 2};
  const MixedOrder::Settings settings{.passes = 2};
  MixedOrder all = order_of(windows, kWeights, settings);
  const Windows expected = take(all, 200);
  MixedOrder whole = order_of(windows, kWeights, settings);
  for (std::size_t taken = 0; taken < 100; ++taken) {
    const std::string state = whole.save("digest");
    MixedOrder resumed =
        order_of(windows, kWeights, settings, 1234);  // of the new process; the saved one counts
    resumed.load(state, "digest");
    EXPECT_EQ(resumed.save("digest"), state) << "saving what was loaded gives the same bytes";
    EXPECT_EQ(take(resumed, 50), Windows(expected.begin() + taken, expected.begin() + taken + 50))
        << "after " << taken;
    take(whole, 1);
  }
}

TEST(MixedOrder, RefusesAStateOfSomethingElse) {
  MixedOrder order = order_of({100, 30}, {2, 1}, {});
  const auto refusal = [&](const std::string& state) -> std::string {
    return gistmill::test::message_of<Error>([&] { order.load(state, "0123456789abcdef"); });
  };
  const std::string begin = "dataset/spans 2 0123456789abcdef 7 5 1 1 ";
  EXPECT_EQ(refusal(begin + "2 100 0 3 30 0 2"), "");
  EXPECT_EQ(refusal(""), "the saved position was not written by dataset/spans");
  EXPECT_EQ(refusal("dataset/text 1 7"), "the saved position was not written by dataset/spans");
  EXPECT_EQ(refusal("dataset/spans 1 7 0 5 100 0123456789abcdef"),
            "the saved position has version 1 when this plugin reads 2");
  EXPECT_EQ(refusal("dataset/spans 2 0123456789abcdef 7 5"), "the saved position is damaged");
  EXPECT_EQ(refusal(begin + "2 100 0 3 30 0"), "the saved position is damaged");
  EXPECT_EQ(refusal(begin + "2 100 0 101 30 0 2"), "the saved position is damaged");
  EXPECT_EQ(refusal(begin + "2 100 0 3 30 0 0"), "the saved position is damaged") << "a window was given";
  EXPECT_EQ(refusal(begin + "1 100 0 3"), "the saved position is damaged") << "of a corpus that is not there";
  EXPECT_EQ(refusal("dataset/spans 2 ffffffffffffffff 7 5 0 1 1 90 0 3"),
            "the saved position is from other data: 90 windows of ffffffffffff when these are 130 of "
            "0123456789ab");
}

}  // namespace
}  // namespace gistmill::dataset
