// Specification of how processes that compute side by side share a machine's cores.
#include "host/machine/threads.hpp"

#include <gtest/gtest.h>

namespace gistmill {
namespace {

TEST(SharedCores, ProcessesThatSeeAllCoresHaveAnEqualPart) {
  const std::vector<Cores> two(2, Cores{"here", {"0", "1", "2", "3"}});
  EXPECT_EQ(share_of_cores(two, 0), 2);
  const std::vector<Cores> three(3, Cores{"here", {"0", "1", "2", "3"}});
  EXPECT_EQ(share_of_cores(three, 1), 1) << "a third of a core computes nothing";
  const std::vector<Cores> thirds(3, Cores{"here", {"0", "1", "2"}});
  EXPECT_EQ(share_of_cores(thirds, 2), 1);
}

TEST(SharedCores, AProcessThatIsBoundHasItsOwn) {
  EXPECT_EQ(share_of_cores({{"here", {"0", "1"}}, {"here", {"2"}}}, 0), 2);
  EXPECT_EQ(share_of_cores({{"here", {"0", "1"}}, {"here", {"2"}}}, 1), 1);
}

TEST(SharedCores, ACoreCountsInPartWhereOnlySomeMayUseIt) {
  const std::vector<Cores> overlapping = {{"here", {"0", "1", "2"}}, {"here", {"2"}}};
  EXPECT_EQ(share_of_cores(overlapping, 0), 2) << "two and a half";
}

TEST(SharedCores, OtherMachinesTakeNothing) {
  EXPECT_EQ(share_of_cores({{"here", {"0", "1"}}, {"there", {"0", "1"}}}, 0), 2);
}

TEST(SharedCores, ThereIsAtLeastOneThread) {
  const std::vector<Cores> many(9, Cores{"here", {"0", "1"}});
  EXPECT_EQ(share_of_cores(many, 8), 1);
  EXPECT_EQ(share_of_cores({{"", {}}}, 0), 1) << "the affinity may be unreadable";
}

TEST(SharedCores, ThisProcessMayUseSome) {
  const Cores own = allowed_cores();
  EXPECT_FALSE(own.cores.empty());
  EXPECT_FALSE(own.machine.empty());
  EXPECT_EQ(static_cast<int>(own.cores.size()), physical_cores());
}

}  // namespace
}  // namespace gistmill
