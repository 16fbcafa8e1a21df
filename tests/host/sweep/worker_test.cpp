// How many threads a trial computes with.
#include "host/sweep/worker.hpp"

#include <gtest/gtest.h>

namespace gistmill {
namespace {

TEST(TrialThreads, AreThoseOfTheWaitingWorkersForAPointThatFillsACacheForOthers) {
  const TrialThreads shared = {2, 8};
  EXPECT_EQ(threads_of(shared, 0), 2);
  EXPECT_EQ(threads_of(shared, 1), 8);
  EXPECT_EQ(threads_of(shared, 2), 4);   // two that fill caches run at once
  EXPECT_EQ(threads_of(shared, 10), 2);  // never fewer than the others
}

}  // namespace
}  // namespace gistmill
