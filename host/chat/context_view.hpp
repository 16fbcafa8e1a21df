// What stands open in a working context, at which level and why: for people, on a terminal or a page.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace gistmill {

// A part of the history as the model sees it: level 0 its tokens, 1 and above one vector in their place.
struct ViewEntry {
  std::int32_t level = 0;
  std::int64_t begin = 0;  // tokens [begin, end) of the history
  std::int64_t end = 0;
  std::optional<double> score;   // when it was last looked at, above 0: open it, below: close it
  std::int32_t last_action = 0;  // what brought it: 1 opened, -1 closed, 0 it was appended
  std::int32_t residency = 0;    // blocks since
};

// What an allocator did, with the score for which it did.
struct ViewAction {
  std::int32_t direction = 0;  // 1 opened, -1 closed
  std::int64_t begin = 0;      // tokens of what it took
  std::int64_t end = 0;
  std::optional<double> score;
  std::int64_t cursor = 0;  // behind the block at which it did
};

struct ContextView {
  std::int64_t history = 0;         // tokens, those behind the last whole block among them
  std::int64_t cursor = 0;          // behind the last whole block
  std::int64_t rows = 0;            // that the model reads up to the cursor
  std::int64_t budget = 0;          // as many at most
  std::vector<ViewEntry> entries;   // oldest first
  std::vector<ViewAction> actions;  // of the newest blocks, oldest first
};

nlohmann::ordered_json to_json(const ContextView& view);

// "a history of 4,096 tokens as 812 of 1,024 rows: 20 parts as tokens, 172 gists of level 1, 2 of level 2"
std::string summary_line(const ContextView& view);

// The history from left to right in `columns` letters, each for the level that most of it stands at: full,
// half, and light; '#', '+' and '.' where `utf8` is false.
std::string picture_line(const ContextView& view, std::int64_t columns, bool utf8);

// What was done at blocks behind `since`, a line each, with the score and the begin of the text.
std::vector<std::string> action_lines(const ContextView& view, std::int64_t since,
                                      const std::function<std::string(std::int64_t, std::int64_t)>& text);

}  // namespace gistmill
