// Every invariant under random sequences of appends and actions of every allocator. How many:
// GISTMILL_FOCUS_SEQUENCES, else what takes a second or two.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/plugins/allocator/sequence.hpp"

namespace gistmill::allocator::test {
namespace {

std::uint64_t sequences() {
  const char* const asked = std::getenv("GISTMILL_FOCUS_SEQUENCES");
  return asked == nullptr ? 20000 : std::strtoull(asked, nullptr, 10);
}

TEST(Invariants, HoldUnderEverySequenceOfAppendsAndActions) {
  Played played;
  for (std::uint64_t key = 0; key < sequences(); ++key) {
    const Sequence sequence = random_sequence(key);
    const std::string broken = violation(sequence, played);
    ASSERT_EQ(broken, "") << "key " << key << "; the shortest sequence that breaks one:\n"
                          << text(shrunk(sequence));
  }
  EXPECT_GT(played.edits, played.steps / 4);
  EXPECT_GT(played.refused, played.steps / 50);
  EXPECT_GT(played.accepted, played.steps / 300);
  RecordProperty("steps", std::to_string(played.steps));
  RecordProperty("edits", std::to_string(played.edits));
}

// An allocator that gives its first action twice is found, and what is printed is no longer than it must be.
TEST(Invariants, AFaultIsFoundAndShrunkToTheShortestSequence) {
  const Fault twice = [](std::vector<focus::Edit> edits) {
    if (!edits.empty()) edits.push_back(edits.front());
    return edits;
  };
  Played played;
  std::uint64_t key = 0;
  while (violation(random_sequence(key), played, twice).empty() || random_sequence(key).steps.size() < 15)
    ++key;
  const Sequence shortest = shrunk(random_sequence(key), twice);
  EXPECT_LE(shortest.steps.size(), 4u);
  EXPECT_EQ(shortest.steps.front().act, Act::append);
  EXPECT_THAT(text(shortest, twice), ::testing::HasSubstr("BROKEN its actions were refused"));
  EXPECT_THAT(text(shortest, twice), ::testing::HasSubstr("overlaps"));
  EXPECT_THAT(violation(shortest, played), "") << "without the fault there is no violation";
}

}  // namespace
}  // namespace gistmill::allocator::test
