// Python's str.strip and str.replace on UTF-8.
#include "plugins/tokenizer/common/chat_text.hpp"

#include "plugins/tokenizer/common/unicode.hpp"

namespace gistmill::tokenizer {
namespace {

// str.isspace: White_Space, and the four separators of ASCII.
constexpr std::string_view kSeparators = "\x1C\x1D\x1E\x1F";

std::size_t space_before(std::string_view text) {
  std::size_t start = 0;
  for (std::size_t more = 1; more > 0; start += more) {
    more = leading_space(text.substr(start));
    if (more == 0 && start < text.size() && kSeparators.find(text[start]) != std::string_view::npos) more = 1;
  }
  return start;
}

std::size_t end_without_space(std::string_view text) {
  for (;;) {
    std::size_t less = trailing_space(text);
    if (less == 0 && !text.empty() && kSeparators.find(text.back()) != std::string_view::npos) less = 1;
    if (less == 0) return text.size();
    text.remove_suffix(less);
  }
}

}  // namespace

std::string strip_left(const std::string& text, std::string_view characters) {
  const std::size_t start = text.find_first_not_of(characters);
  return start == std::string::npos ? std::string() : text.substr(start);
}

std::string strip_right(const std::string& text, std::string_view characters) {
  return text.substr(0, text.find_last_not_of(characters) + 1);
}

std::string strip_right(const std::string& text) { return text.substr(0, end_without_space(text)); }

std::string strip(const std::string& text) { return strip_right(text.substr(space_before(text))); }

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

}  // namespace gistmill::tokenizer
