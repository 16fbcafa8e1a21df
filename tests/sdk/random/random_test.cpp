// Keyed random numbers: known answers, and the same bits in C and C++. The answers that no paper has were
// computed by a second implementation, in Python. A test that fails here says that saved runs would not go
// on.
#include "gistmill/random.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>

#include "tests/sdk/random/random_in_c.h"

std::uint64_t first_number_in_cpp17(std::uint64_t key);

namespace gistmill {
namespace {

using ::testing::ElementsAre;

TEST(KeyedRandom, IsSplitMix64) {
  KeyedRandom random(1234567);  // the published test vector
  EXPECT_EQ(random.next(), 6457827717110365317u);
  EXPECT_EQ(random.next(), 3203168211198807973u);
  EXPECT_EQ(random.next(), 9817491932198370423u);
}

TEST(KeyedRandom, GivesAnyNumberOfAStreamWithoutThoseBeforeIt) {
  KeyedRandom random(42);
  for (std::uint64_t i = 0; i < 100; ++i) EXPECT_EQ(KeyedRandom::at(42, i), random.next()) << i;
}

TEST(KeyedRandom, UnitsHaveKnownBitsAndLieInTheHalfOpenInterval) {
  KeyedRandom random(42);
  EXPECT_EQ(random.unit(), 0x1.7bae644c5fd6dp-1);
  EXPECT_EQ(random.unit(), 0.1599103928769201);
  double least = 1.0, largest = 0.0;
  for (int i = 0; i < 100000; ++i) {
    const double unit = random.unit();
    least = std::min(least, unit);
    largest = std::max(largest, unit);
  }
  EXPECT_GE(least, 0.0);
  EXPECT_LT(largest, 1.0);
  EXPECT_LT(least, 0.001);
  EXPECT_GT(largest, 0.999);
}

TEST(KeyedRandom, StaysBelowItsBoundAndReachesAllOfIt) {
  KeyedRandom random(42);
  std::vector<std::uint64_t> drawn;
  for (int i = 0; i < 12; ++i) drawn.push_back(random.below(10));
  EXPECT_THAT(drawn, ElementsAre(3, 1, 8, 4, 0, 2, 5, 8, 5, 4, 7, 6));
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 200; ++i) seen.insert(random.below(3));
  EXPECT_THAT(seen, ElementsAre(0u, 1u, 2u));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(random.below(1), 0u);
}

// Half of all 64-bit numbers are above this bound: without drawing again, small numbers would come twice as
// often.
TEST(KeyedRandom, DrawsAgainWhatWouldFavorSmallNumbers) {
  const std::uint64_t bound = (std::uint64_t{1} << 63) + 1;
  KeyedRandom random(42);
  EXPECT_EQ(random.below(bound), 4456085495900499604u);
  EXPECT_EQ(random.below(bound), 6792609088808213253u);
  EXPECT_EQ(random.below(bound), 5545679290133000099u);
  EXPECT_NE(random.next(), KeyedRandom::at(42, 3)) << "three numbers took more than three draws";
}

TEST(KeyedRandom, PermutationsAreKnownAndHoldEveryNumberOnce) {
  EXPECT_THAT(KeyedRandom(42).permutation(10), ElementsAre(0, 9, 5, 8, 6, 4, 7, 2, 1, 3));
  std::vector<std::uint32_t> order = KeyedRandom(7).permutation(1000);
  std::sort(order.begin(), order.end());
  for (std::uint32_t i = 0; i < 1000; ++i) ASSERT_EQ(order[i], i);
  EXPECT_TRUE(KeyedRandom(7).permutation(0).empty());
}

TEST(KeyedRandom, ShuffleOrdersAnyItemsAsPermutationDoes) {
  std::vector<std::string> words = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
  KeyedRandom(42).shuffle(words.begin(), words.end());
  EXPECT_THAT(words, ElementsAre("0", "9", "5", "8", "6", "4", "7", "2", "1", "3"));
}

TEST(KeyedRandom, EveryOrderOfThreeComesEquallyOften) {
  std::map<std::vector<std::uint32_t>, int> seen;
  constexpr int kDraws = 12000;
  for (std::uint64_t key = 0; key < kDraws; ++key) ++seen[KeyedRandom(key).permutation(3)];
  EXPECT_EQ(seen.size(), 6u);
  for (const auto& [order, count] : seen) EXPECT_NEAR(count, kDraws / 6, 165) << "four standard deviations";
}

TEST(RandomKey, IsThatOfRunsThatWereSavedBefore) {
  EXPECT_EQ(random_key(7, "corpus", 2, 3), 916646319665107700u);
  EXPECT_EQ(random_key(0, "", 0, 0), 2558736989570252433u);
  EXPECT_EQ(random_key(1, "g\xC3\xAFst", 0, 0), 16418101636782364694u) << "bytes count as unsigned";
}

TEST(RandomKey, DiffersBySeedInstanceStepAndMicroStepAndByNothingElse) {
  const std::uint64_t key = random_key(1, "corpus", 2, 3);
  EXPECT_EQ(key, random_key(1, "corpus", 2, 3));
  for (const std::uint64_t other :
       {random_key(2, "corpus", 2, 3), random_key(1, "corpuS", 2, 3), random_key(1, "corpus", 3, 3),
        random_key(1, "corpus", 2, 4), random_key(1, "corpus", 3, 2)}) {
    EXPECT_NE(key, other);
  }
}

TEST(CombinedKey, TellsTheOrderOfItsParts) {
  EXPECT_EQ(combined_key(1, 2), 13608149317741381227u);
  EXPECT_EQ(combined_key(2, 1), 16171810823986729605u);
}

TEST(RandomInC, HasTheBitsOfCpp) {
  for (const std::uint64_t key :
       {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}, random_key(1, "a", 2, 3)}) {
    KeyedRandom numbers(key), units(key), below(key), below_large(key);
    std::array<std::uint64_t, 64> c_next{}, c_small{}, c_large{};
    std::array<double, 64> c_unit{};
    const std::uint64_t large = (std::uint64_t{1} << 63) + 1;
    c_numbers(key, c_next.data(), c_next.size());
    c_units(key, c_unit.data(), c_unit.size());
    c_below(key, 7, c_small.data(), c_small.size());
    c_below(key, large, c_large.data(), c_large.size());
    for (std::size_t i = 0; i < 64; ++i) {
      EXPECT_EQ(c_next[i], numbers.next());
      EXPECT_EQ(c_unit[i], units.unit());
      EXPECT_EQ(c_small[i], below.below(7));
      EXPECT_EQ(c_large[i], below_large.below(large));
      EXPECT_EQ(c_at(key, i), KeyedRandom::at(key, i));
    }
    EXPECT_EQ(first_number_in_cpp17(key), c_next[0]);
    EXPECT_EQ(c_key(key, "gist", 4, 5, 6), random_key(key, "gist", 5, 6));
    EXPECT_EQ(c_combined(key, 9), combined_key(key, 9));
  }
}

TEST(RandomInC, OrdersItemsAsCppDoes) {
  std::vector<std::uint32_t> order(1000);
  c_permutation(11, order.data(), 1000);
  EXPECT_EQ(order, KeyedRandom(11).permutation(1000));
  std::vector<std::array<char, 3>> in_c, in_cpp;
  for (char letter = 'a'; letter <= 'z'; ++letter) in_c.push_back({letter, 'x', letter});
  in_cpp = in_c;
  c_shuffle(11, in_c.data(), in_c.size(), 3);
  KeyedRandom(11).shuffle(in_cpp.begin(), in_cpp.end());
  EXPECT_EQ(in_c, in_cpp);
}

}  // namespace
}  // namespace gistmill
