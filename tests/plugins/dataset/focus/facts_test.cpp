// Facts that are built into sessions: where they stand, that the tokens say so, when they are needed, and
// whether they are open then.
#include "plugins/dataset/focus/facts.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "tests/plugins/dataset/focus/sessions.hpp"
#include "tests/plugins/support/refusal.hpp"

namespace gistmill::dataset {
namespace {

using test::actions;
using test::focus_options;
using test::PlainOptions;
using test::PlainTable;
using test::values;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Two names and two numbers; a statement has four tokens, a question three, an answer two.
std::string write_phrases(const std::filesystem::path& path) {
  formats::TokenFileWriter writer(path, "{}");
  const auto add = [&](const std::string& name, const std::vector<std::int32_t>& ids) {
    writer.append(ids.data(), ids.size(), name, 1);
  };
  for (const std::int32_t subject : {0, 1}) {
    for (const std::int32_t number : {1111, 2222})
      add("needle/" + std::to_string(subject) + "/" + std::to_string(number),
          {90000 + subject, number, 7, 8});
    add("question/" + std::to_string(subject), {80000 + subject, 5, 6});
  }
  for (const std::int32_t number : {1111, 2222}) add("answer/" + std::to_string(number), {number, 9});
  writer.commit();
  return path.string();
}

class BuiltSessions : public ::testing::Test {
 protected:
  Focus make(const PlainTable& changes = {}) const {
    PlainTable all = {{"phrases", phrases_}, {"facts", std::int64_t{2}}, {"budget", std::int64_t{64}}};
    for (const auto& [key, value] : changes) all[key] = value;
    return Focus(PlainOptions(focus_options(corpus_, all)).get());
  }
  std::string refusal(const PlainTable& changes) const {
    return gistmill::test::refusal_of([&] { make(changes); });
  }

  testing::ScratchFolder folder_;
  std::string corpus_ = test::write_corpus(folder_ / "corpus.h5", {64, 64, 8});
  std::string phrases_ = write_phrases(folder_ / "phrases.h5");
};

TEST_F(BuiltSessions, StateEachFactInTheFirstHalfAndAskForItInTheSecondAtABlockEdge) {
  for (const std::uint64_t seed : {1, 2, 3, 4, 5}) {
    const BuiltFacts built(phrases_, 2, 4, seed);
    const std::vector<Fact>& facts = built.facts(0, 64);
    ASSERT_EQ(facts.size(), 2u);
    EXPECT_NE(facts[0].subject, facts[1].subject);
    EXPECT_NE(facts[0].number, facts[1].number);
    for (const Fact& fact : facts) {
      EXPECT_GE(fact.statement, 0);
      EXPECT_LE(fact.statement_end, 32);
      EXPECT_GE(fact.question, 32);
      EXPECT_EQ(fact.answer % 4, 0);
      EXPECT_EQ(fact.question, fact.answer - 3);
      EXPECT_LE(fact.answer_end, 64);
    }
    EXPECT_TRUE(facts[0].statement_end <= facts[1].statement || facts[1].statement_end <= facts[0].statement);
    EXPECT_LE(facts[0].answer_end, facts[1].question);
  }
}

TEST_F(BuiltSessions, AreTheTextWithTheFactsOverIt) {
  Focus focus = make();
  const BuiltFacts built(phrases_, 2, 4, 1);
  std::vector<std::int32_t> tokens;
  for (int i = 0; i < 16; ++i) tokens = values<std::int32_t>(std::get<0>(focus.next()));
  ASSERT_EQ(tokens.size(), 64u);
  std::set<std::int64_t> covered;
  for (const Fact& fact : built.facts(0, 64)) {
    const auto from = [&](std::int64_t begin, std::int64_t size) {
      for (std::int64_t i = begin; i < begin + size; ++i) covered.insert(i);
      return std::vector<std::int32_t>(tokens.begin() + begin, tokens.begin() + begin + size);
    };
    EXPECT_THAT(from(fact.statement, 4), ElementsAre(90000 + fact.subject, fact.number, 7, 8));
    EXPECT_THAT(from(fact.question, 3), ElementsAre(80000 + fact.subject, 5, 6));
    EXPECT_THAT(from(fact.answer, 2), ElementsAre(fact.number, 9));
  }
  EXPECT_EQ(covered.size(), 18u);
  for (std::int32_t i = 0; i < 64; ++i) {
    if (!covered.contains(i)) {
      EXPECT_EQ(tokens[static_cast<std::size_t>(i)], i) << "the text counts";
    }
  }
}

TEST_F(BuiltSessions, ShowTheAnswerToTheTeacherAndNotToTheHistoryWhenItIsNeeded) {
  Focus focus = make();
  const BuiltFacts built(phrases_, 2, 4, 1);
  const Fact& fact = built.facts(0, 64)[0];
  for (std::int64_t i = 4; i <= fact.answer; i += 4) {
    const auto block = focus.next();
    if (i < fact.answer) continue;
    EXPECT_THAT(values<std::int32_t>(std::get<0>(block)).back(), 6) << "the question ends the history";
    const std::vector<std::int32_t> following = values<std::int32_t>(std::get<1>(block));
    EXPECT_EQ(following[0], fact.number);
    EXPECT_EQ(following[1], 9);
  }
}

TEST_F(BuiltSessions, NeedTheStatementWhereTheAnswerBeginsAndNothingElsewhere) {
  Focus focus = make();
  const BuiltFacts built(phrases_, 2, 4, 1);
  std::vector<std::int32_t> asked;
  for (int i = 0; i < 16; ++i) {
    const std::int32_t cursor = values<std::int32_t>(std::get<4>(focus.next()))[0];
    const auto [needed, open] = focus.needed();
    const std::vector<std::int32_t> span = values<std::int32_t>(needed);
    EXPECT_EQ(span[0] < 0, std::isnan(open.data<float>()[0]));
    if (span[0] < 0) continue;
    asked.push_back(cursor);
    EXPECT_EQ(open.data<float>()[0], 1) << "all of it fits";
    const std::vector<Fact>& facts = built.facts(0, 64);
    const auto fact =
        std::find_if(facts.begin(), facts.end(), [&](const Fact& one) { return one.answer == cursor; });
    ASSERT_NE(fact, facts.end());
    EXPECT_THAT(span, ElementsAre(fact->statement, fact->statement_end));
  }
  EXPECT_EQ(asked.size(), 2u);
}

TEST_F(BuiltSessions, CountTheShareOfTheNeededSpanThatStandsAsTokens) {
  Focus focus = make();
  const BuiltFacts built(phrases_, 2, 4, 1);
  const Fact fact = built.facts(0, 64)[0];
  for (std::int64_t i = 4; i <= fact.answer; i += 4) focus.next();
  const std::int64_t block = fact.statement / 4;
  focus.act(actions({static_cast<std::int32_t>(block), -1}));
  const std::int64_t hidden = std::min(fact.statement_end, 4 * (block + 1)) - fact.statement;
  EXPECT_FLOAT_EQ(std::get<1>(focus.needed()).data<float>()[0], 1 - static_cast<float>(hidden) / 4);
  if (hidden < 4) {
    focus.act(actions({static_cast<std::int32_t>(block + 1), -1}));
    EXPECT_EQ(std::get<1>(focus.needed()).data<float>()[0], 0);
  }
}

TEST_F(BuiltSessions, GoOnWithTheSameTokens) {
  Focus one = make(), two = make();
  for (int i = 0; i < 9; ++i) one.next();
  two.load_state(one.save_state());
  for (int i = 0; i < 7; ++i)
    EXPECT_EQ(values<std::int32_t>(std::get<0>(one.next())), values<std::int32_t>(std::get<0>(two.next())));
  EXPECT_NE(one.digest(), make({{"facts_seed", std::int64_t{2}}}).digest());
}

TEST_F(BuiltSessions, WithoutPhrasesNeedNothing) {
  Focus focus = make({{"phrases", std::string()}});
  for (int i = 0; i < 16; ++i) {
    focus.next();
    EXPECT_EQ(std::get<0>(focus.needed()).data<std::int32_t>()[0], -1);
  }
}

TEST_F(BuiltSessions, WithMoreFactsThanFitAreRefused) {
  EXPECT_THAT(refusal({{"facts", std::int64_t{3}}}),
              HasSubstr("facts: facts is 3 when the phrases have 2 names and 2 numbers"));
  EXPECT_THAT(refusal({{"longest", std::int64_t{16}}}),
              HasSubstr("facts: a session of 16 tokens has no room for 2 facts"));
  EXPECT_THAT(refusal({{"phrases", corpus_}}), HasSubstr("phrases: "));
}

}  // namespace
}  // namespace gistmill::dataset
