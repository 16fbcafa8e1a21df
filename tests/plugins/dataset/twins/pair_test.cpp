// Where two texts differ, and which spans hold the statement.
#include "plugins/dataset/twins/pair.hpp"

#include <gmock/gmock.h>

#include <numeric>

namespace gistmill::dataset {
namespace {

using ::testing::ElementsAre;

// 1000, 1001, ...
Ids words(std::size_t count) {
  Ids ids(count);
  std::iota(ids.begin(), ids.end(), 1000);
  return ids;
}

// `before` words, the value, `between` words, the value, `after` words.
Ids text(const Ids& value, std::size_t before = 200, std::size_t between = 40, std::size_t after = 300) {
  Ids ids = words(before);
  for (const std::size_t words_behind : {between, after}) {
    ids.insert(ids.end(), value.begin(), value.end());
    const Ids more = words(words_behind);
    ids.insert(ids.end(), more.begin(), more.end());
  }
  return ids;
}

std::vector<std::int64_t> places(const Ids& first, const Ids& second) {
  const auto found = find_difference(first, second);
  if (!found) return {};
  return {found->statement.begin, found->statement.size, found->recall.begin, found->recall.size};
}

TEST(Difference, IsTheValueWhereItIsStatedAndWhereItIsRecalled) {
  EXPECT_THAT(places(text({7}), text({8})), ElementsAre(200, 1, 241, 1));
  EXPECT_THAT(places(text({1, 2, 3, 4}), text({1, 9, 3, 8})), ElementsAre(201, 3, 245, 3))
      << "a digit that is equal within the value is part of it, one before it is not";
}

TEST(Difference, MayHaveMoreTokensInOneOfTheTexts) {
  EXPECT_THAT(places(text({7, 6, 5}), text({8})), ElementsAre(200, 3, 243, 3));
  EXPECT_THAT(places(text({8}), text({7, 6, 5})), ElementsAre(200, 1, 241, 1));
}

TEST(Difference, IsNotInTextsThatAreEqualOrDifferOnceOrAnywhere) {
  EXPECT_THAT(places(text({7}), text({7})), ElementsAre());
  Ids once = text({7});
  once[200] = 8;
  EXPECT_THAT(places(text({7}), once), ElementsAre());
  EXPECT_THAT(places(text({7}), text({7, 8}, 201)), ElementsAre());
  EXPECT_THAT(places(words(100), Ids(100, 3)), ElementsAre());
}

TEST(Place, OfEverySpanHoldsTheStatementAndHasTheRecallAmongItsTargets) {
  const PairShape shape{256, 32, 64, 4, 64};
  const auto place = place_pair(text({7, 6, 5}), text({8}), shape);
  ASSERT_TRUE(place);
  // In the whole text the statement is at [200, 203), the recall at [243, 246) or, in the other, [241, 242).
  ASSERT_EQ(place->starts.size(), 4u);
  for (const std::int32_t start : place->starts) {
    const std::int64_t at = start + place->begin;
    EXPECT_GE(start, 64) << "its prefix";
    EXPECT_LE(at, 200);
    EXPECT_GE(at + 32, 203);
    EXPECT_LE(at + 32, 241);
    EXPECT_GE(at + 32 + 64, 246);
  }
  EXPECT_TRUE(std::is_sorted(place->starts.begin(), place->starts.end()));
  EXPECT_NE(place->starts.front(), place->starts.back());
}

TEST(Place, IsNotThereWhereSomethingDoesNotFit) {
  const PairShape fits{256, 32, 64, 4, 64};
  const auto found = [](const Ids& first, const Ids& second, const PairShape& shape) {
    return place_pair(first, second, shape).has_value();
  };
  EXPECT_TRUE(found(text({7}), text({8}), fits));
  EXPECT_FALSE(found(text({7}), text({8}), {256, 32, 64, 33, 64})) << "32 starts hold one token";
  EXPECT_FALSE(found(text({7}), text({8}), {256, 32, 9, 4, 64})) << "the recall is behind the horizon";
  EXPECT_FALSE(found(text({7}), text({8}), {256, 32, 64, 4, 201})) << "too little before the statement";
  EXPECT_FALSE(found(text({7}), text({8}), {4096, 32, 64, 4, 64})) << "the texts are too short";
  EXPECT_FALSE(found(text({7}, 200, 9), text({8}, 200, 9), {256, 32, 64, 11, 64}))
      << "10 starts end between statement and recall";
}

}  // namespace
}  // namespace gistmill::dataset
