#include "host/chat/context_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include <gistmill/text/utf8.hpp>

namespace gistmill {
namespace {

const char* verb_of(std::int32_t direction) { return direction > 0 ? "opened" : "closed"; }

nlohmann::ordered_json number_or_null(const std::optional<double>& number) {
  return number ? nlohmann::ordered_json(*number) : nlohmann::ordered_json(nullptr);
}

// The begin of a text on one line, at most `most` characters.
std::string shortened(const std::string& text, std::size_t most) {
  std::string line;
  std::string_view rest = text;
  for (std::size_t count = 0; !rest.empty() && count < most; ++count) {
    const text::Character character = text::first_character(rest);
    const bool plain = character.valid() && character.code >= 0x20;
    line += plain ? std::string(rest.substr(0, character.size)) : " ";
    rest.remove_prefix(character.size);
  }
  return rest.empty() ? line : line + "...";
}

}  // namespace

nlohmann::ordered_json to_json(const ContextView& view) {
  nlohmann::ordered_json entries = nlohmann::ordered_json::array();
  for (const ViewEntry& entry : view.entries) {
    entries.push_back({{"level", entry.level},
                       {"begin", entry.begin},
                       {"end", entry.end},
                       {"score", number_or_null(entry.score)},
                       {"last_action", entry.last_action},
                       {"residency", entry.residency}});
  }
  nlohmann::ordered_json actions = nlohmann::ordered_json::array();
  for (const ViewAction& action : view.actions) {
    actions.push_back({{"action", verb_of(action.direction)},
                       {"begin", action.begin},
                       {"end", action.end},
                       {"score", number_or_null(action.score)},
                       {"cursor", action.cursor}});
  }
  return {{"history", view.history}, {"cursor", view.cursor},         {"rows", view.rows},
          {"budget", view.budget},   {"entries", std::move(entries)}, {"actions", std::move(actions)}};
}

std::string summary_line(const ContextView& view) {
  std::map<std::int32_t, int> counts;
  for (const ViewEntry& entry : view.entries) ++counts[entry.level];
  std::string parts;
  for (const auto& [level, count] : counts) {
    parts += parts.empty() ? ": " : ", ";
    const char* const more = count == 1 ? "" : "s";
    parts += level == 0 ? fmt::format("{} part{} as tokens", count, more)
                        : fmt::format("{} gist{} of level {}", count, more, level);
  }
  return fmt::format("a history of {} tokens as {} of {} rows{}", view.history, view.rows, view.budget,
                     parts);
}

std::string picture_line(const ContextView& view, std::int64_t columns, bool utf8) {
  static constexpr std::array<const char*, 3> kShades = {"\u2588", "\u2592", "\u2591"};
  static constexpr std::array<const char*, 3> kLetters = {"#", "+", "."};
  if (view.cursor == 0 || columns < 1) return "";
  std::string line;
  std::size_t entry = 0;
  for (std::int64_t column = 0; column < columns; ++column) {
    const std::int64_t begin = view.cursor * column / columns;
    const std::int64_t end = std::max(view.cursor * (column + 1) / columns, begin + 1);
    std::array<std::int64_t, 3> covered{};
    while (entry < view.entries.size() && view.entries[entry].end <= begin) ++entry;
    for (std::size_t i = entry; i < view.entries.size() && view.entries[i].begin < end; ++i) {
      const ViewEntry& part = view.entries[i];
      covered[static_cast<std::size_t>(std::clamp(part.level, 0, 2))] +=
          std::min(part.end, end) - std::max(part.begin, begin);
    }
    const auto most = std::ranges::max_element(covered);
    const auto level = static_cast<std::size_t>(most - covered.begin());
    line += *most <= 0 ? " " : utf8 ? kShades[level] : kLetters[level];
  }
  return line;
}

std::vector<std::string> action_lines(const ContextView& view, std::int64_t since,
                                      const std::function<std::string(std::int64_t, std::int64_t)>& text) {
  std::vector<std::string> lines;
  for (const ViewAction& action : view.actions) {
    if (action.cursor <= since) continue;
    const std::string score = action.score ? fmt::format("score {:+.2f}", *action.score) : "no score";
    lines.push_back(fmt::format("{} {:>6} to {:<6} {}  {}", verb_of(action.direction), action.begin,
                                action.end, score, shortened(text(action.begin, action.end), 48)));
  }
  return lines;
}

}  // namespace gistmill
