// What a step gives: the block, the context before and behind the actions, the rows of a model, the record.
#include "plugins/dataset/focus/focus.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/plugins/dataset/focus/sessions.hpp"

namespace gistmill::dataset {
namespace {

using gistmill::testing::ScratchFolder;
using test::actions;
using test::focus_options;
using test::PlainOptions;
using test::PlainTable;
using test::text_of;
using test::values;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FocusSessions : public ::testing::Test {
 protected:
  Focus make(const PlainTable& changes = {}) const {
    return Focus(PlainOptions(focus_options(corpus_, changes)).get());
  }
  std::pair<std::string, std::string> refused(const PlainTable& changes) const {
    try {
      make(changes);
    } catch (const Error& error) {
      return {error.key, error.what()};
    }
    return {"", ""};
  }

  ScratchFolder folder_;
  std::string corpus_ = test::write_corpus(folder_ / "c.h5", {30, 5, 18, 40});
};

std::vector<std::int32_t> numbers(const Tensor& tensor) { return values<std::int32_t>(tensor); }

TEST_F(FocusSessions, ABlockComesWithItsHistoryAndWhatFollowsIt) {
  Focus focus = make();
  focus.next();
  const auto [tokens, following, mask, block, cursor, budget, tail, session, name] = focus.next();
  EXPECT_THAT(numbers(tokens), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  EXPECT_THAT(numbers(following), ElementsAre(8, 9, 10, 11, 12, 13));
  EXPECT_THAT(values<float>(mask), ::testing::Each(1.0f));
  EXPECT_THAT(numbers(block), ElementsAre(4));
  EXPECT_THAT(numbers(cursor), ElementsAre(8));
  EXPECT_THAT(numbers(budget), ElementsAre(14));
  EXPECT_THAT(numbers(tail), ElementsAre(4));
  EXPECT_THAT(numbers(session), ElementsAre(0));
}

TEST_F(FocusSessions, PastTheDocumentsEndNothingFollows) {
  Focus focus = make();
  for (int i = 0; i < 6; ++i) focus.next();
  const auto [tokens, following, mask, block, cursor, budget, tail, session, name] = focus.next();
  EXPECT_THAT(numbers(cursor), ElementsAre(28));
  EXPECT_THAT(numbers(following), ElementsAre(28, 29, 0, 0, 0, 0));
  EXPECT_THAT(values<float>(mask), ElementsAre(1, 1, 0, 0, 0, 0));
}

TEST_F(FocusSessions, WhatFollowsCountsInEverySoManyBlocksOfASession) {
  Focus focus = make({{"measure_every", std::int64_t{3}}});
  for (int block = 1; block <= 7; ++block) {
    const auto [tokens, following, mask, k, cursor, budget, tail, session, name] = focus.next();
    EXPECT_THAT(values<float>(mask)[0], block % 3 == 0 ? 1.0f : 0.0f) << block;
    EXPECT_THAT(numbers(following)[0], 4 * block) << "the tokens are there";
  }
  focus.next();  // of the next session, which counts its own blocks
  focus.next();
  EXPECT_THAT(values<float>(std::get<2>(focus.next()))[0], 1.0f);
}

TEST_F(FocusSessions, DocumentsComeOneAfterTheOtherUpToTheirLastWholeBlock) {
  Focus focus = make();
  std::vector<std::int32_t> sessions, cursors;
  try {
    for (;;) {
      const auto [tokens, following, mask, block, cursor, budget, tail, session, name] = focus.next();
      sessions.push_back(numbers(session)[0]);
      cursors.push_back(numbers(cursor)[0]);
    }
  } catch (const EndOfData&) {
  }
  EXPECT_THAT(sessions, ElementsAre(0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1)) << "doc1 is too short, doc3 held out";
  EXPECT_THAT(cursors, ElementsAre(4, 8, 12, 16, 20, 24, 28, 4, 8, 12, 16));
}

TEST_F(FocusSessions, RepeatsFromTheFirstAndEndsEarlyWhereItShould) {
  Focus focus = make({{"repeat", true}, {"longest", std::int64_t{8}}, {"limit", std::int64_t{1}}});
  std::vector<std::int32_t> sessions;
  for (int i = 0; i < 5; ++i) sessions.push_back(numbers(std::get<7>(focus.next()))[0]);
  EXPECT_THAT(sessions, ElementsAre(0, 0, 1, 1, 2));
}

TEST_F(FocusSessions, ActionsChangeWhatIsSeenAndARoundSeesTheOneBefore) {
  Focus focus = make();
  for (int i = 0; i < 3; ++i) focus.next();
  focus.act(actions({0, -1}));
  EXPECT_THAT(numbers(std::get<0>(focus.look())), ElementsAre(1, 0, 0));
  EXPECT_THAT(numbers(std::get<3>(focus.look())), ElementsAre(-1, 0, 0));
  EXPECT_THAT(numbers(std::get<2>(focus.look())), ElementsAre(0, 1, 0));
  focus.act(actions({0, 1, 1, -1}));
  EXPECT_THAT(numbers(std::get<0>(focus.look())), ElementsAre(0, 1, 0));
  EXPECT_THAT(numbers(std::get<1>(focus.look())), ElementsAre(0, 4, 8));
}

TEST_F(FocusSessions, RowsAreThePortsOfATeacherThatTakesVectorsInPlacesOfTokens) {
  Focus focus = make();
  for (int i = 0; i < 3; ++i) focus.next();
  focus.act(actions({1, -1}));
  const auto [ids, positions, places, levels, starts] = focus.rows();
  EXPECT_EQ(ids.shape(), (std::vector<std::int64_t>{1, 9}));
  EXPECT_THAT(numbers(ids), ElementsAre(0, 1, 2, 3, 0, 8, 9, 10, 11));
  EXPECT_THAT(numbers(positions), ElementsAre(0, 1, 2, 3, 6, 8, 9, 10, 11));
  EXPECT_THAT(numbers(places), ElementsAre(4));
  EXPECT_THAT(numbers(levels), ElementsAre(1));
  EXPECT_THAT(numbers(starts), ElementsAre(4));
}

TEST_F(FocusSessions, AContextIsContinuedByWhatFollowsAndOnlyThatCounts) {
  Focus focus = make();
  for (int i = 0; i < 3; ++i) focus.next();
  focus.act(actions({1, -1}));
  const auto [ids, positions, counts, places, levels, starts] = focus.continued();
  EXPECT_EQ(ids.shape(), (std::vector<std::int64_t>{1, 15}));
  EXPECT_THAT(numbers(ids), ElementsAre(0, 1, 2, 3, 0, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17));
  EXPECT_THAT(numbers(positions), ElementsAre(0, 1, 2, 3, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17));
  EXPECT_THAT(values<float>(counts), ElementsAre(0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1));
  EXPECT_THAT(numbers(places), ElementsAre(4));
  EXPECT_THAT(numbers(levels), ElementsAre(1));
  EXPECT_THAT(numbers(starts), ElementsAre(4));
}

TEST_F(FocusSessions, PastTheDocumentsEndAContinuedContextCountsNothing) {
  Focus focus = make();
  for (int i = 0; i < 7; ++i) focus.next();
  const Tensor counts = std::get<2>(focus.continued());
  const std::vector<float> last(counts.data<float>() + counts.size() - 6,
                                counts.data<float>() + counts.size());
  EXPECT_THAT(last, ElementsAre(1, 1, 0, 0, 0, 0));
}

TEST_F(FocusSessions, AContextOfTokensAloneHasNoGistPlaces) {
  Focus focus = make();
  focus.next();
  EXPECT_EQ(std::get<2>(focus.rows()).shape(), (std::vector<std::int64_t>{1, 0}));
}

TEST_F(FocusSessions, NotesWhatTheBlockDidWithTheLossWhereThereIsOne) {
  Focus focus = make();
  focus.next();
  const auto without = focus.note(std::nullopt);
  EXPECT_TRUE(std::isnan(values<float>(std::get<1>(without))[0]));
  EXPECT_THAT(text_of(std::get<0>(without)), HasSubstr("\"loss_at_h\":null"));
  const auto with = focus.note(Tensor::of<float>({2.5f}, {}));
  EXPECT_THAT(values<float>(std::get<1>(with)), ElementsAre(2.5f));
  EXPECT_THAT(text_of(std::get<0>(with)), HasSubstr("\"loss_at_h\":2.5"));
  EXPECT_THAT(text_of(std::get<0>(with)),
              HasSubstr("\"begins\":{\"name\":\"doc0\",\"block\":4,\"budget\":14"));
  EXPECT_TRUE(std::isnan(values<float>(std::get<1>(focus.note(Tensor::of<float>({NAN}, {}))))[0]));
}

TEST_F(FocusSessions, SaysInWhichBlockAnActionIsNotLegal) {
  Focus focus = make();
  for (int i = 0; i < 3; ++i) focus.next();
  try {
    focus.act(actions({0, -1, 1, 1}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.key, "actions");
    EXPECT_STREQ(
        error.what(),
        "document 'doc0', block 3: expand of entry 1 is not legal: a block of tokens cannot be expanded");
  }
  EXPECT_THAT(numbers(std::get<0>(focus.look())), ElementsAre(0, 0, 0)) << "all or none";
  EXPECT_THROW(focus.act(Tensor::of<std::int32_t>({0, -1}, {2})), Error);
}

TEST_F(FocusSessions, RefusesWhatCannotBe) {
  EXPECT_EQ(refused({{"budget", std::int64_t{3}}}).first, "budget");
  EXPECT_THAT(refused({{"protected", std::int64_t{16}}}).second,
              HasSubstr("the budget is 14 rows when the protected tail alone takes 16"));
  EXPECT_EQ(refused({{"shortest", std::int64_t{500}}}).first, "shortest");
  EXPECT_EQ(refused({{"corpus", (folder_ / "none.h5").string()}}).first, "corpus");
}

TEST_F(FocusSessions, AFullContextThatDoesNotFitNamesTheDocument) {
  Focus focus = make({{"overflow", std::string("fail")}});
  for (int i = 0; i < 3; ++i) focus.next();
  try {
    focus.next();
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "document 'doc0': a history of 16 tokens takes 16 rows when the budget is 14");
  }
}

// One block with some actions: its record without the time that it took, or that an action was refused.
std::string step(Focus& focus, int i) {
  focus.next();
  try {
    if (i % 7 >= 2) focus.act(actions({0, i % 7 == 2 ? -1 : 1}));
  } catch (const Error&) {
    return "refused";
  }
  const std::string record = text_of(std::get<0>(focus.note(std::nullopt)));
  const std::size_t latency = record.find("\"latency_ms\"");
  return record.substr(0, latency) + record.substr(record.find("\"token_budget"));
}

// Interrupted behind any block, a session goes on as one that was not.
TEST_F(FocusSessions, GoesOnFromItsStateBitForBit) {
  const PlainTable options = {{"longest", std::int64_t{24}}, {"budget", std::int64_t{100}}, {"repeat", true}};
  Focus whole = make(options);
  for (int i = 0; i < 20; ++i) {
    Focus resumed = make(options);
    resumed.load_state(whole.save_state());
    ASSERT_EQ(resumed.save_state(), whole.save_state());
    ASSERT_EQ(step(resumed, i), step(whole, i));
  }
}

TEST_F(FocusSessions, AStateThatIsNotItsOwnChangesNothing) {
  Focus focus = make();
  for (int i = 0; i < 3; ++i) focus.next();
  focus.act(actions({0, -1}));
  const std::string before = focus.save_state();
  for (const std::string& bad :
       {std::string("no state"), std::string("{}"), std::string(R"({"format":2,"begun":1,"blocks":[]})"),
        std::string(R"({"format":1,"begun":9,"blocks":[]})"),
        std::string(R"({"format":1,"begun":0,"blocks":[[]]})"),
        std::string(R"({"format":1,"begun":1,"blocks":[[[[0,1]]]]})"),
        std::string(R"({"format":1,"begun":2,"blocks":[[],[],[],[],[]]})"),
        std::string(R"({"format":1,"begun":1,"blocks":[[["x"]]]})")}) {
    EXPECT_THROW(focus.load_state(bad), Error) << bad;
    EXPECT_EQ(focus.save_state(), before) << bad;
  }
  EXPECT_THAT(numbers(std::get<0>(focus.look())), ElementsAre(1, 0, 0));
}

}  // namespace
}  // namespace gistmill::dataset
