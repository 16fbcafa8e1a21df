#include "plugins/tokenizer/chat_template/split.hpp"

#include <algorithm>

#include <gistmill/text/utf8.hpp>

#include "plugins/tokenizer/chat_template/characters.hpp"

namespace gistmill::chat_template {
namespace {

bool is_line_end(std::int32_t code) {
  return (code >= 0x0A && code <= 0x0D) || (code >= 0x1C && code <= 0x1E) || code == 0x85 || code == 0x2028 ||
         code == 0x2029;
}

std::vector<std::string> split_space_right(std::string_view text, std::int64_t most) {
  std::vector<std::string> parts;
  for (text = strip_right(text); !text.empty(); text = strip_right(text)) {
    if (most >= 0 && static_cast<std::int64_t>(parts.size()) == most) {
      parts.emplace_back(text);
      break;
    }
    std::size_t start = text.size();
    std::string_view before = text;
    while (!before.empty()) {
      std::size_t one = before.size() - 1;
      while (one > 0 && (static_cast<unsigned char>(before[one]) & 0xC0) == 0x80) --one;
      if (is_space(text::first_character(before.substr(one)).code)) break;
      start = one;
      before = before.substr(0, one);
    }
    parts.emplace_back(text.substr(start));
    text = text.substr(0, start);
  }
  std::reverse(parts.begin(), parts.end());
  return parts;
}

}  // namespace

std::vector<std::string> split_space(std::string_view text, std::int64_t most, bool from_right) {
  if (from_right) return split_space_right(text, most);
  std::vector<std::string> parts;
  for (text = strip_left(text); !text.empty(); text = strip_left(text)) {
    if (most >= 0 && static_cast<std::int64_t>(parts.size()) == most) {
      parts.emplace_back(text);
      break;
    }
    std::size_t end = 0;
    while (end < text.size()) {
      const auto character = text::first_character(text.substr(end));
      if (is_space(character.code)) break;
      end += character.size;
    }
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return parts;
}

std::vector<std::string> split_at(std::string_view text, std::string_view separator, std::int64_t most,
                                  bool from_right) {
  std::vector<std::string> parts;
  while (most < 0 || static_cast<std::int64_t>(parts.size()) < most) {
    const std::size_t found = from_right ? text.rfind(separator) : text.find(separator);
    if (found == std::string_view::npos) break;
    const std::string_view behind = text.substr(found + separator.size());
    parts.emplace_back(from_right ? behind : text.substr(0, found));
    text = from_right ? text.substr(0, found) : behind;
  }
  parts.emplace_back(text);
  if (from_right) std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<std::string> split_lines(std::string_view text, bool keep_ends) {
  std::vector<std::string> lines;
  for (std::size_t start = 0, at = 0; at < text.size();) {
    const auto character = text::first_character(text.substr(at));
    const std::size_t end = at;
    at += character.size;
    if (!is_line_end(character.code)) {
      if (at == text.size()) lines.emplace_back(text.substr(start));
      continue;
    }
    if (character.code == '\r' && at < text.size() && text[at] == '\n') ++at;
    lines.emplace_back(text.substr(start, (keep_ends ? at : end) - start));
    start = at;
  }
  return lines;
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to, std::int64_t most) {
  std::string out;
  std::int64_t count = 0;
  const auto more = [&] { return most < 0 || count < most; };
  if (from.empty()) {  // between all characters, before the first and behind the last
    for (const std::string_view character : split_characters(text)) {
      if (more()) {
        out += to;
        ++count;
      }
      out += character;
    }
    return more() ? out + std::string(to) : out;
  }
  for (std::size_t at = 0;;) {
    const std::size_t found = more() ? text.find(from, at) : std::string_view::npos;
    if (found == std::string_view::npos) return out + std::string(text.substr(at));
    out += text.substr(at, found - at);
    out += to;
    at = found + from.size();
    ++count;
  }
}

}  // namespace gistmill::chat_template
