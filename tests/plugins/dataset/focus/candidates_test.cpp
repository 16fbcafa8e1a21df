// What labels are measured of, and the causal controls: nothing at a cursor depends on a later token.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/plugins/dataset/focus/sessions.hpp"

namespace gistmill::dataset {
namespace {

using gistmill::testing::ScratchFolder;
using test::actions;
using test::focus_options;
using test::PlainOptions;
using test::PlainTable;
using test::values;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::int32_t> numbers(const Tensor& tensor) { return values<std::int32_t>(tensor); }

class FocusCandidates : public ::testing::Test {
 protected:
  Focus make(const PlainTable& changes = {}) const {
    return Focus(PlainOptions(focus_options(corpus_, changes)).get());
  }

  ScratchFolder folder_;
  std::string corpus_ = test::write_corpus(folder_ / "c.h5", {200, 5, 18, 40});
};

TEST_F(FocusCandidates, AreTheLegalSwapsAsEditsOfTheRows) {
  Focus focus = make();
  for (int i = 0; i < 3; ++i) focus.next();
  focus.act(actions({1, -1}));  // 0: 0x1 1x1 0x1, the last protected
  const auto [entry, direction, first, removed, added, ids, positions, places, levels, starts] =
      focus.candidates();
  EXPECT_THAT(numbers(entry), ElementsAre(0, 1));
  EXPECT_THAT(numbers(direction), ElementsAre(-1, 1));
  EXPECT_THAT(numbers(first), ElementsAre(0, 4));
  EXPECT_THAT(numbers(removed), ElementsAre(4, 1));
  EXPECT_THAT(numbers(added), ElementsAre(1, 4));
  EXPECT_THAT(numbers(ids), ElementsAre(0, 4, 5, 6, 7));
  EXPECT_THAT(numbers(positions), ElementsAre(2, 4, 5, 6, 7));
  EXPECT_THAT(numbers(places), ElementsAre(0));
  EXPECT_THAT(numbers(levels), ElementsAre(1));
  EXPECT_THAT(numbers(starts), ElementsAre(0));
  EXPECT_EQ(ids.shape(), (std::vector<std::int64_t>{1, 5}));
}

TEST_F(FocusCandidates, GiveTheWholeHistoryToCompareWith) {
  Focus focus = make();
  for (int i = 0; i < 2; ++i) focus.next();
  focus.act(actions({0, -1}));
  const auto [ids, positions, measured] = focus.whole();
  EXPECT_THAT(numbers(ids), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  EXPECT_THAT(numbers(positions), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  EXPECT_THAT(values<float>(measured), Each(1.0f));
}

TEST_F(FocusCandidates, AreMeasuredInSomeBlocksAndSomeOfThemWhereOptionsSaySo) {
  Focus focus = make({{"candidates", std::int64_t{2}},
                      {"candidates_every", std::int64_t{3}},
                      {"budget", std::int64_t{100}}});
  Focus again = make({{"candidates", std::int64_t{2}},
                      {"candidates_every", std::int64_t{3}},
                      {"budget", std::int64_t{100}}});
  std::set<std::int32_t> seen;
  for (int i = 1; i <= 24; ++i) {
    focus.next();
    again.next();
    const std::vector<std::int32_t> entry = numbers(std::get<0>(focus.candidates()));
    EXPECT_EQ(entry, numbers(std::get<0>(again.candidates())));
    if (i % 3 == 0) {
      EXPECT_EQ(entry.size(), 2u) << i;
      EXPECT_LT(entry[0], entry[1]);
      seen.insert(entry.begin(), entry.end());
      EXPECT_THAT(values<float>(std::get<2>(focus.whole())), Each(1.0f)) << i;
    } else {
      EXPECT_THAT(values<float>(std::get<2>(focus.whole())), Each(0.0f)) << "nothing is computed";
      EXPECT_THAT(entry, IsEmpty()) << i;
    }
  }
  EXPECT_GT(seen.size(), 8u) << "drawn anew, from the whole context";
}

// Everything that a lensnet, an allocator or a label reads at a cursor, its target aside.
std::vector<std::vector<std::int32_t>> inputs_at_cursor(Focus& focus) {
  std::vector<std::vector<std::int32_t>> all;
  const auto add = [&](const auto& tuple) {
    std::apply([&](const auto&... tensor) { (all.push_back(numbers(tensor)), ...); }, tuple);
  };
  add(focus.look());
  add(focus.rows());
  add(focus.candidates());
  const auto [ids, positions, measured] = focus.whole();
  add(std::tie(ids, positions));  // `measured` is of the target
  return all;
}

// C1 and C2 of docs/focus.md: for each cursor a corpus that differs in every later token.
TEST_F(FocusCandidates, NoInputAndNoDecisionAtACursorDependsOnALaterToken) {
  const PlainTable options = {{"budget", std::int64_t{40}}, {"longest", std::int64_t{96}}};
  for (std::int32_t known = 8; known <= 88; known += 16) {
    formats::TokenFileWriter writer(folder_ / ("other" + std::to_string(known) + ".h5"), "{}");
    std::vector<std::int32_t> ids(200);
    std::iota(ids.begin(), ids.end(), 0);
    for (std::size_t i = static_cast<std::size_t>(known); i < ids.size(); ++i) ids[i] += 5000;
    writer.append(ids.data(), ids.size(), "doc0", 0);
    writer.commit();
    Focus focus = make(options);
    Focus other(
        PlainOptions(focus_options((folder_ / ("other" + std::to_string(known) + ".h5")).string(), options))
            .get());
    for (std::int32_t cursor = 4; cursor <= known; cursor += 4) {
      const auto next = focus.next();
      const auto same = other.next();
      EXPECT_EQ(numbers(std::get<0>(next)), numbers(std::get<0>(same)));
      ASSERT_EQ(inputs_at_cursor(focus), inputs_at_cursor(other)) << "C1 at " << cursor;
      EXPECT_EQ(numbers(std::get<1>(next)) == numbers(std::get<1>(same)), cursor + 6 <= known)
          << "the target may differ";
      const std::vector<std::int32_t> swaps = numbers(std::get<0>(focus.candidates()));
      if (swaps.empty()) continue;
      const Tensor chosen = actions(
          {swaps[static_cast<std::size_t>(cursor) % swaps.size()],
           numbers(std::get<1>(focus.candidates()))[static_cast<std::size_t>(cursor) % swaps.size()]});
      const auto act = [&](Focus& session) {
        try {
          session.act(chosen);
        } catch (const Error&) {
          return false;  // above the budget, in both or in none
        }
        return true;
      };
      ASSERT_EQ(act(focus), act(other)) << "C2 at " << cursor;
      ASSERT_EQ(inputs_at_cursor(focus), inputs_at_cursor(other)) << "C2 at " << cursor;
    }
  }
}

}  // namespace
}  // namespace gistmill::dataset
