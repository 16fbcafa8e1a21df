// How a failure reads: place, message, the line of the file with the word underlined, notes.
// Colors and the terminal are the command line's business.
#include "host/diagnostic/failure.hpp"

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <optional>

#include <fmt/format.h>

#include <gistmill/text/shown.hpp>
#include <gistmill/text/utf8.hpp>

#include "host/diagnostic/did_you_mean.hpp"

namespace gistmill {
namespace {

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '-';
}

bool is_number_start(char c) { return (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'; }

// Columns count characters; strings count bytes.
std::optional<std::size_t> byte_of_column(std::string_view line, std::uint32_t column) {
  std::size_t at = 0;
  for (std::uint32_t passed = 1; passed < column; ++passed) {
    if (at >= line.size()) return std::nullopt;
    at += text::first_character(line.substr(at)).size;
  }
  return at;
}

// The word that starts at the front of `rest`: a quoted string with its quotes, a number, or a bare key.
std::string_view leading_word(std::string_view rest) {
  if (rest.empty()) return rest;
  if (rest.front() == '"' || rest.front() == '\'') {
    const std::size_t end = rest.find(rest.front(), 1);
    return end == std::string_view::npos ? rest : rest.substr(0, end + 1);
  }
  const bool number = is_number_start(rest.front());
  std::size_t end = 0;
  while (end < rest.size() && (is_word(rest[end]) || (number && (rest[end] == '.' || rest[end] == '+'))))
    ++end;
  return rest.substr(0, std::max<std::size_t>(end, 1));
}

std::optional<std::string> line_of(const Origin& origin) {
  if (!origin.known() || origin.line == 0) return std::nullopt;
  std::ifstream file(origin.file);
  std::string line;
  for (std::uint32_t number = 0; number < origin.line; ++number) {
    if (!std::getline(file, line)) return std::nullopt;
  }
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (text::printable(line) != line) return std::nullopt;  // a binary file
  return line;
}

// As wide as `lead` on a terminal; tabs stay.
std::string blanks_for(std::string_view lead) {
  std::string blanks;
  while (!lead.empty()) {
    const std::string_view character = lead.substr(0, text::first_character(lead).size);
    blanks += character == "\t" ? "\t" : std::string(text::columns(character), ' ');
    lead.remove_prefix(character.size());
  }
  return blanks;
}

std::string excerpt(const Origin& origin) {
  const auto line = line_of(origin);
  if (!line) return "";
  std::string text = fmt::format("\n{:5} | {}", origin.line, *line);
  if (origin.column == 0) return text;
  const auto start = byte_of_column(*line, origin.column);
  if (!start) return text;
  const std::size_t width = text::columns(leading_word(std::string_view(*line).substr(*start)));
  text += fmt::format("\n      | {}^{:~<{}}", blanks_for(std::string_view(*line).substr(0, *start)), "",
                      width > 0 ? width - 1 : 0);
  return text;
}

std::string whole_text(const Origin& origin, const std::string& message,
                       const std::vector<std::string>& notes) {
  std::string text = origin.known() ? origin.text() + ": " + message : message;
  text += excerpt(origin);
  for (const std::string& note : notes) text += "\n  " + note;
  return text;
}

// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbors cost one each.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last, last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        now[j] = std::min(now[j], before_last[j - 2] + 1);
      }
    }
    before_last = last;
    last = now;
  }
  return last[b.size()];
}

}  // namespace

std::string Origin::text() const {
  if (line == 0) return file;
  if (column == 0) return fmt::format("{}:{}", file, line);
  return fmt::format("{}:{}:{}", file, line, column);
}

Failure::Failure(ExitCode code, Origin origin, std::string message, std::vector<std::string> notes)
    : std::runtime_error(whole_text(origin, message, notes)),
      code_(code),
      origin_(std::move(origin)),
      message_(std::move(message)),
      notes_(std::move(notes)) {}

Failure::Failure(ExitCode code, std::string message, std::vector<std::string> notes)
    : Failure(code, Origin{}, std::move(message), std::move(notes)) {}

std::string nearest(std::string_view name, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t least = std::max<std::size_t>(name.size() / 3, 1) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(name, candidate);
    // As many edits as letters would turn any name into any other.
    if (distance < least && distance < std::max(name.size(), candidate.size())) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

std::string suggestion(std::string_view name, std::string_view owner, std::vector<std::string> candidates) {
  std::sort(candidates.begin(), candidates.end());
  const std::vector<std::string> question = did_you_mean(name, candidates);
  std::string text = question.empty() ? "" : question.front() + " ";
  if (candidates.empty()) return fmt::format("{}{} takes none", text, owner);
  text += fmt::format("{} takes:", owner);
  for (const std::string& candidate : candidates) text += " " + candidate;
  return text;
}

}  // namespace gistmill
