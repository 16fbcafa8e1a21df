// A working context for people.
#include "host/chat/context_view.hpp"

#include <gmock/gmock.h>

namespace gistmill {
namespace {

using ::testing::ElementsAre;

// 64 tokens: 32 as one vector, 16 as one, 16 as they are.
ContextView small_view() {
  ContextView view;
  view.history = 70;
  view.cursor = 64;
  view.rows = 18;
  view.budget = 32;
  view.entries = {{2, 0, 32, std::nullopt, -1, 5}, {1, 32, 48, 0.25, -1, 2}, {0, 48, 64, -0.5, 0, 1}};
  view.actions = {{-1, 0, 32, -0.31, 48}, {1, 16, 32, std::nullopt, 64}};
  return view;
}

TEST(ContextViewTest, IsSummedUpInALine) {
  EXPECT_EQ(
      summary_line(small_view()),
      "a history of 70 tokens as 18 of 32 rows: 1 part as tokens, 1 gist of level 1, 1 gist of level 2");
  EXPECT_EQ(summary_line({}), "a history of 0 tokens as 0 of 0 rows");
}

TEST(ContextViewTest, IsDrawnWithTheLevelOfMostOfEachColumn) {
  EXPECT_EQ(picture_line(small_view(), 8, false), "....++##");
  EXPECT_EQ(picture_line(small_view(), 4, true), "\u2591\u2591\u2592\u2588");
  EXPECT_EQ(picture_line(small_view(), 128, false),
            std::string(64, '.') + std::string(32, '+') + std::string(32, '#'));
  EXPECT_EQ(picture_line({}, 8, false), "");
}

TEST(ContextViewTest, SaysWhatWasDoneAndForWhichScore) {
  const auto text = [](std::int64_t begin, std::int64_t end) {
    return "from " + std::to_string(begin) + "\nto " + std::to_string(end) + std::string(60, '.');
  };
  EXPECT_THAT(action_lines(small_view(), -1, text),
              ElementsAre("closed      0 to 32     score -0.31  from 0 to 32" + std::string(36, '.') + "...",
                          "opened     16 to 32     no score  from 16 to 32" + std::string(35, '.') + "..."));
  EXPECT_EQ(action_lines(small_view(), 48, text).size(), 1u) << "what was not shown yet";
}

TEST(ContextViewTest, IsJsonForPrograms) {
  const nlohmann::ordered_json json = to_json(small_view());
  EXPECT_EQ(json["entries"][1].dump(),
            R"({"level":1,"begin":32,"end":48,"score":0.25,"last_action":-1,"residency":2})");
  EXPECT_EQ(json["entries"][0]["score"], nullptr);
  EXPECT_EQ(json["actions"][0].dump(), R"({"action":"closed","begin":0,"end":32,"score":-0.31,"cursor":48})");
  EXPECT_EQ(json["rows"], 18);
}

}  // namespace
}  // namespace gistmill
