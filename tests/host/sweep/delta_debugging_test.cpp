// Changes of which the test knows what they do.
#include "host/sweep/delta_debugging.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

namespace gistmill {
namespace {

using ::testing::ElementsAre;

bool has(const Changes& changes, std::size_t one) { return std::ranges::count(changes, one) > 0; }

TEST(SmallestBadSet, OfOneGuiltyChangeIsThatOneInFewQuestions) {
  int asked = 0;
  const Changes found = smallest_bad_set(64, [&](const Changes& changes) {
    ++asked;
    return has(changes, 37) ? Outcome::bad : Outcome::good;
  });
  EXPECT_THAT(found, ElementsAre(37));
  EXPECT_LE(asked, 12);  // two for each halving
}

TEST(SmallestBadSet, HasAllChangesThatOnlyTogetherAreBad) {
  const Changes found = smallest_bad_set(20, [](const Changes& changes) {
    return has(changes, 2) && has(changes, 11) && has(changes, 19) ? Outcome::bad : Outcome::good;
  });
  EXPECT_THAT(found, ElementsAre(2, 11, 19));
}

TEST(SmallestBadSet, GoesAroundChangesThatCannotBeAppliedAlone) {
  // 3 moves it; 3 and 4 only go together, as an option that needs its component.
  const Changes found = smallest_bad_set(8, [](const Changes& changes) {
    if (has(changes, 3) != has(changes, 4)) return Outcome::unresolved;
    return has(changes, 3) ? Outcome::bad : Outcome::good;
  });
  EXPECT_THAT(found, ElementsAre(3, 4));
}

TEST(SmallestBadSet, NeverAsksTheSameTwice) {
  std::set<Changes> asked;
  smallest_bad_set(16, [&](const Changes& changes) {
    EXPECT_TRUE(asked.insert(changes).second);
    return has(changes, 1) && has(changes, 14) ? Outcome::bad : Outcome::good;
  });
}

TEST(SmallestBadSet, OfOneChangeAsksNothing) {
  EXPECT_THAT(smallest_bad_set(1, [](const Changes&) -> Outcome { throw 1; }), ElementsAre(0));
}

}  // namespace
}  // namespace gistmill
