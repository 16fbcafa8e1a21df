// Sessions whose text is given block by block: the same contexts as of a document, and positions within a
// model's.
#include <gmock/gmock.h>

#include <algorithm>

#include "plugins/focus/trace/replay.hpp"
#include "plugins/focus/trace/trace_file.hpp"
#include "tests/plugins/dataset/focus/sessions.hpp"
#include "tests/plugins/support/refusal.hpp"

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
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::int32_t> numbers(const Tensor& tensor) { return values<std::int32_t>(tensor); }

Tensor block_of(std::int32_t first) {
  return Tensor::of<std::int32_t>({first, first + 1, first + 2, first + 3}, {4});
}

Tensor scalar(std::int32_t value) { return Tensor::of<std::int32_t>({value}, {}); }

class GivenSessions : public ::testing::Test {
 protected:
  static Focus make(const PlainTable& changes = {}) {
    return Focus(PlainOptions(focus_options("", changes)).get());
  }
  std::string refusal(Focus& focus, const Tensor& tokens, const std::optional<Tensor>& known) const {
    return gistmill::test::refusal_of([&] { focus.extend(tokens, known); });
  }

  ScratchFolder folder_;
};

TEST_F(GivenSessions, GrowLikeThoseOfADocument) {
  Focus document(PlainOptions(focus_options(test::write_corpus(folder_ / "c.h5", {60, 40}))).get());
  Focus given = make();
  for (std::int32_t i = 0; i < 15; ++i) {
    const auto expected = document.next();
    const auto found = given.extend(block_of(4 * i), std::nullopt);
    EXPECT_EQ(numbers(std::get<0>(found)), numbers(std::get<0>(expected)));
    EXPECT_EQ(numbers(std::get<4>(found)), numbers(std::get<4>(expected)));
    if (i % 3 == 2) {
      const std::vector<std::int32_t> levels = numbers(std::get<0>(document.look()));
      const auto open = std::find(levels.begin(), levels.end() - 2, 0);
      if (open == levels.end() - 2) continue;
      const Tensor close = actions({static_cast<std::int32_t>(open - levels.begin()), -1});
      document.act(close);
      given.act(close);
    }
    EXPECT_EQ(numbers(std::get<1>(given.rows())), numbers(std::get<1>(document.rows())));
    EXPECT_EQ(numbers(std::get<0>(given.look())), numbers(std::get<0>(document.look())));
    EXPECT_THAT(numbers(given.end()), ElementsAre(4 * i + 4));
  }
}

TEST_F(GivenSessions, KnowNothingOfWhatFollows) {
  Focus given = make();
  const auto block = given.extend(block_of(7), std::nullopt);
  EXPECT_THAT(numbers(std::get<1>(block)), Each(0));
  EXPECT_THAT(values<float>(std::get<2>(block)), Each(0.0f));
}

TEST_F(GivenSessions, StandWithinThePositionsThatAModelKnows) {
  constexpr std::int32_t kKnown = 32;
  for (const std::int32_t blocks : {33, 200}) {
    Focus given =
        blocks == 33 ? make() : make({{"overflow", std::string("drop")}});  // gists until they fill it
    for (std::int32_t i = 0; i < blocks; ++i) {
      given.extend(block_of(4 * i), scalar(kKnown));
      const auto rows = given.rows();
      const std::vector<std::int32_t> positions = numbers(std::get<1>(rows));
      const std::int32_t next = numbers(given.end()).front();
      EXPECT_TRUE(std::is_sorted(positions.begin(), positions.end(), std::less_equal<>()))
          << "none comes twice";
      EXPECT_GE(positions.front(), 0);
      EXPECT_EQ(positions.back() + 1, next) << "the newest token stands before what follows";
      EXPECT_LE(next, kKnown - 8) << "two blocks are left";
      if (4 * i + 4 > kKnown - 8) continue;
      EXPECT_EQ(next, 4 * i + 4) << "nothing moves while there is room";
    }
  }
}

TEST_F(GivenSessions, AreToldAsATraceThatReplays) {
  Focus given = make();
  for (std::int32_t i = 0; i < 12; ++i) {
    given.extend(block_of(4 * i), std::nullopt);
    if (i == 2) given.act(actions({0, -1}));
  }
  const std::string text = test::text_of(given.trace());
  focus::TraceLines lines(text, "trace");
  focus::Replay replay{focus::Replay::Tokens()};
  while (const auto record = lines.next()) replay.play(*record);
  EXPECT_EQ(replay.blocks(), 12);
  Focus again = make();
  again.load_state(given.save_state());
  EXPECT_EQ(test::text_of(again.trace()).substr(0, 200), text.substr(0, 200));
}

TEST_F(GivenSessions, RefuseABudgetThatAModelHasNoPositionsFor) {
  Focus given = make();
  EXPECT_EQ(refusal(given, block_of(0), scalar(20)),
            "budget: a budget of 14 rows when the model knows 20 positions, so that it should be 12 or less");
  EXPECT_EQ(refusal(given, block_of(0), scalar(22)), "");
}

TEST_F(GivenSessions, RefuseABlockOfAnotherSizeAndStayAsTheyAre) {
  Focus given = make();
  given.extend(block_of(0), std::nullopt);
  EXPECT_THAT(refusal(given, Tensor::of<std::int32_t>({1, 2, 3}, {3}), std::nullopt),
              HasSubstr("block_tokens: 3 tokens when a block has 4"));
  EXPECT_THAT(numbers(std::get<0>(given.extend(block_of(4), std::nullopt))),
              ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
}

TEST_F(GivenSessions, AreNoneOfACorpus) {
  Focus document(PlainOptions(focus_options(test::write_corpus(folder_ / "c.h5", {60, 40}))).get());
  EXPECT_THROW(document.extend(block_of(0), std::nullopt), Error);
  Focus given = make();
  EXPECT_THROW(given.next(), Error) << "there is no document";
}

TEST_F(GivenSessions, GoOnFromASavedState) {
  const PlainTable wide = {{"budget", std::int64_t{40}}};
  Focus given = make(wide);
  const std::string empty = given.save_state();
  for (std::int32_t i = 0; i < 9; ++i) given.extend(block_of(4 * i), scalar(48));
  given.act(actions({0, -1}));
  const auto rows = given.rows();
  Focus again = make(wide);
  again.load_state(given.save_state());
  EXPECT_EQ(again.save_state(), given.save_state());
  EXPECT_EQ(numbers(std::get<1>(again.rows())), numbers(std::get<1>(rows)));
  const auto next = again.extend(block_of(36), scalar(48));
  EXPECT_EQ(numbers(std::get<0>(next)).size(), 40u);
  again.load_state(empty);
  EXPECT_EQ(numbers(std::get<0>(again.extend(block_of(0), scalar(48)))).size(), 4u) << "it began anew";
}

}  // namespace
}  // namespace gistmill::dataset
