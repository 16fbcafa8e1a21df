// A trace replays to the same contexts bit for bit; one that was changed or cut short is refused at its line.
#include "plugins/focus/trace/trace_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include <gistmill/formats/error.hpp>

#include "plugins/focus/trace/replay.hpp"
#include "tests/plugins/focus/trace/played.hpp"
#include "tests/support/message_of.hpp"

namespace gistmill::focus {
namespace {

using formats::FormatError;
using test::Played;
using test::played;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::vector<BlockRecord> read(const std::string& text) {
  TraceLines lines(text, "run.jsonl");
  std::vector<BlockRecord> records;
  while (const std::optional<BlockRecord> record = lines.next()) records.push_back(*record);
  return records;
}

std::string refusal(const std::string& text) {
  return gistmill::test::message_of<FormatError>([&] { read(text); });
}

std::string replay_refusal(const std::vector<BlockRecord>& records, Replay::Tokens tokens = nullptr) {
  Replay replay(std::move(tokens));
  return gistmill::test::message_of<ContextError>([&] {
    for (const BlockRecord& record : records) replay.play(record);
  });
}

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(Trace, GivesBackWhatWasWritten) {
  const Played all = played(3, 20, 1);
  EXPECT_EQ(read(all.text), all.records);
  EXPECT_EQ(lines_of(all.text), 62u) << "a first line, 60 blocks, an end";
}

TEST(Trace, ReplaysToTheSameContextsBitForBit) {
  const Played all = played(3, 40, 2);
  Replay structure;
  Replay whole(test::tokens_of);
  TraceLines lines(all.text, "run.jsonl");
  for (const WorkingContext& context : all.contexts) {
    const std::optional<BlockRecord> record = lines.next();
    ASSERT_TRUE(record);
    structure.play(*record);
    whole.play(*record);
    ASSERT_EQ(structure.session().context(), context);
    ASSERT_EQ(whole.session().context(), context);
  }
  EXPECT_EQ(lines.next(), std::nullopt);
  EXPECT_EQ(whole.blocks(), 120);
  EXPECT_EQ(whole.sessions(), 3);
}

TEST(Trace, IsMadeAgainByteForByteFromItsReplay) {
  const Played all = played(2, 30, 3);
  Replay replay(test::tokens_of);
  TraceText again;
  for (const BlockRecord& record : read(all.text)) {
    replay.play(record);
    again.add(replay.session().record(record.figures.loss_at_h, record.figures.latency_ms));
  }
  EXPECT_EQ(again.finish(), all.text);
}

TEST(Trace, OfSessionsWithoutTokensReplaysToo) {
  const Played all = played(1, 10, 4, /*with_tokens=*/false);
  EXPECT_EQ(all.records[3].tree, "");
  EXPECT_EQ(replay_refusal(all.records), "");
}

TEST(Trace, AnyByteThatWasChangedIsNoticedAtItsLine) {
  const Played all = played(1, 4, 5);
  for (std::size_t i = 0; i < all.text.size(); ++i) {
    std::string changed = all.text;
    changed[i] = changed[i] == '1' ? '2' : '1';
    const auto line = static_cast<std::size_t>(std::count(
                          all.text.begin(), all.text.begin() + static_cast<std::ptrdiff_t>(i), '\n')) +
                      1;
    ASSERT_THAT(refusal(changed), StartsWith("run.jsonl:" + std::to_string(line) + ": ")) << "byte " << i;
  }
}

TEST(Trace, OneThatIsCutShortAnywhereIsNoticed) {
  const Played all = played(1, 3, 6);
  for (std::size_t size = 0; size < all.text.size(); ++size)
    ASSERT_THAT(refusal(all.text.substr(0, size)), StartsWith("run.jsonl:")) << size;
  EXPECT_THAT(refusal(all.text.substr(0, all.text.rfind('{'))),
              StartsWith("run.jsonl:5: the trace is cut short: its last line, which says that it ends"));
  EXPECT_THAT(refusal(all.text.substr(0, all.text.size() - 1)), HasSubstr("cut short within this line"));
}

TEST(Trace, ALineThatIsLeftOutTwiceThereOrBehindTheEndIsNoticed) {
  const Played all = played(1, 4, 7);
  const std::size_t third = all.text.find('\n', all.text.find('\n') + 1) + 1;
  const std::size_t fourth = all.text.find('\n', third) + 1;
  EXPECT_THAT(refusal(all.text.substr(0, third) + all.text.substr(fourth)), StartsWith("run.jsonl:3: "));
  EXPECT_THAT(refusal(all.text.substr(0, fourth) + all.text.substr(third)), StartsWith("run.jsonl:4: "));
  EXPECT_THAT(refusal(all.text + "{}\n"), HasSubstr("something behind the end"));
}

TEST(Trace, AnotherFileIsRefusedAtItsFirstLine) {
  EXPECT_THAT(refusal("{\"event\":\"step\"}\n"), StartsWith("run.jsonl:1: this is no trace of focus"));
  EXPECT_THAT(refusal(""), StartsWith("run.jsonl:1: this is no trace of focus"));
  EXPECT_THAT(refusal("{\"format\":\"gistmill-focus-trace\",\"version\":2,\"check\":\"0\"}\n"),
              HasSubstr("another version than 1"));
}

TEST(Trace, KeysThatAreMissingUnknownOrOfAnotherTypeAreRefused) {
  const std::string sound = to_text(played(1, 1, 8).records[0]);
  const auto refused = [](const std::string& text) -> std::string {
    return gistmill::test::message_of<FormatError>([&] { record_of(text, "line"); });
  };
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = sound;
    EXPECT_NE(text.find(from), std::string::npos) << from;
    return text.replace(text.find(from), from.size(), to);
  };
  EXPECT_EQ(refused(sound), "");
  EXPECT_THAT(refused(with("\"cursor\":4,", "")), HasSubstr("line: it has no 'cursor'"));
  EXPECT_THAT(refused(with("\"cursor\":4", "\"cursor\":\"4\"")),
              HasSubstr("'cursor' is not what it should be"));
  EXPECT_THAT(refused(with("\"cursor\":4", "\"cursor\":18446744073709551615")), HasSubstr("'cursor'"));
  EXPECT_THAT(refused(with("\"cursor\":4", "\"cursor\":4,\"x\":1")), HasSubstr("a key that is unknown"));
  EXPECT_THAT(refused(with("\"actions\":[]", "\"actions\":[[[0,2]]]")), HasSubstr("'actions'"));
  EXPECT_THAT(refused(with("\"actions\":[]", "\"actions\":[[[0]]]")), HasSubstr("'actions'"));
  EXPECT_THAT(refused(with("\"actions\":[]", "\"actions\":[[]]")), HasSubstr("'actions'"));
  EXPECT_THAT(refused(with("\"collapse\"", "\"fold\"")), HasSubstr("'overflow'"));
  EXPECT_THAT(refused(with("\"block\":4", "\"block\":4.5")), HasSubstr("'block'"));
  EXPECT_THAT(refused("[1]"), HasSubstr("not an object"));
}

TEST(Trace, ARecordThatWasChangedAnywhereIsReadOrRefusedAndNothingElse) {
  const std::vector<BlockRecord> sound = played(1, 6, 13).records;
  std::size_t refused = 0, tried = 0;
  for (const std::size_t which : {std::size_t{0}, std::size_t{5}}) {
    const std::string text = to_text(sound[which]);
    for (std::size_t i = 0; i < text.size(); ++i) {
      for (const char put : {'9', '-', '"', ']', '\0', '\xff'}) {
        std::string changed = text;
        changed[i] = put;
        ++tried;
        try {
          std::vector<BlockRecord> records = sound;
          records[which] = record_of(changed, "line");
          if (!replay_refusal(records).empty()) ++refused;
        } catch (const FormatError&) {
          ++refused;
        }
      }
    }
  }
  EXPECT_GT(refused, tried * 9 / 10);
}

TEST(Trace, ANameThatIsNotUtf8DoesNotEndASession) {
  Session session(0, {"caf\xe9", {4, 40, 4, Overflow::collapse}, Place::center});
  session.append(nullptr);
  const BlockRecord record = session.record(std::nullopt, 0);
  EXPECT_EQ(record_of(to_text(record), "line"), record);
}

// What a check does not find: a trace that says what did not happen.
TEST(Replay, RefusesAnOutcomeThatIsAnotherThanTheTraceSays) {
  const std::vector<BlockRecord> sound = played(1, 12, 9).records;
  ASSERT_EQ(replay_refusal(sound), "");
  const auto with = [&](auto change) {
    std::vector<BlockRecord> records = sound;
    change(records[5]);
    return replay_refusal(records);
  };
  EXPECT_THAT(with([](BlockRecord& record) { record.context += " "; }), StartsWith("context is '0:"));
  EXPECT_THAT(with([](BlockRecord& record) { record.state[0] = 'x'; }), StartsWith("state is "));
  EXPECT_THAT(with([](BlockRecord& record) { record.cursor += 4; }), StartsWith("cursor is '24' when"));
  EXPECT_THAT(with([](BlockRecord& record) { record.room.dropped = 1; }), StartsWith("dropped is '0'"));
  EXPECT_THAT(with([](BlockRecord& record) {
                record.room.collapsed.push_back({0, Direction::collapse});
              }),
              StartsWith("room is "));
  EXPECT_THAT(with([](BlockRecord& record) { record.iteration = 9; }), StartsWith("iteration is '6' when"));
  EXPECT_THAT(with([](BlockRecord& record) { record.session = 1; }), StartsWith("session is '0' when"));
  EXPECT_THAT(with([](BlockRecord& record) { record.figures.mean_residency_iterations += 1; }),
              StartsWith("a figure is "));
  EXPECT_THAT(with([](BlockRecord& record) {
                record.actions = {{{77, Direction::expand}}};
              }),
              HasSubstr("there is no entry 77"));
}

TEST(Replay, RefusesATraceThatBeginsInTheMiddle) {
  std::vector<BlockRecord> records = played(1, 3, 10).records;
  records.erase(records.begin());
  EXPECT_EQ(replay_refusal(records), "the first block says nothing of how its session begins");
}

TEST(Replay, RefusesATraceOfAnotherTree) {
  const std::vector<BlockRecord> records = played(1, 8, 11).records;
  EXPECT_EQ(replay_refusal(records, test::tokens_of), "");
  const auto other = [](const std::string& name, std::int64_t block, std::int64_t size) {
    std::vector<std::int32_t> tokens = test::tokens_of(name, block, size);
    if (block == 3) tokens[1] += 1;
    return tokens;
  };
  EXPECT_THAT(replay_refusal(records, other),
              StartsWith("the trace is of another tree: the digest of the tokens up to 16 is"));
}

TEST(Replay, RefusesRulesThatNoContextCanHave) {
  std::vector<BlockRecord> records = played(1, 1, 12).records;
  records[0].begins->rules.budget = 4;
  EXPECT_THAT(replay_refusal(records),
              HasSubstr("the budget is 4 rows when the protected tail alone takes 8"));
}

}  // namespace
}  // namespace gistmill::focus
