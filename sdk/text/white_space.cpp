#include <gistmill/text/white_space.hpp>

#include <gistmill/text/utf8.hpp>

namespace gistmill::text {

bool is_white_space(std::int32_t code) {
  if (code < 0x80) return (code >= 0x09 && code <= 0x0D) || (code >= 0x1C && code <= 0x20);
  if (code >= 0x2000 && code <= 0x200A) return true;
  switch (code) {
    case 0x85:
    case 0xA0:
    case 0x1680:
    case 0x2028:
    case 0x2029:
    case 0x202F:
    case 0x205F:
    case 0x3000:
      return true;
    default:
      return false;
  }
}

std::size_t leading_white_space(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const Character character = first_character(text.substr(at));
    if (!is_white_space(character.code)) break;
    at += character.size;
  }
  return at;
}

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(leading_white_space(text));
  std::size_t end = 0;  // of the last character that is no white space
  for (std::size_t at = 0; at < text.size();) {
    const Character character = first_character(text.substr(at));
    at += character.size;
    if (!is_white_space(character.code)) end = at;
  }
  return text.substr(0, end);
}

std::vector<std::string_view> split_at_white_space(std::string_view text) {
  std::vector<std::string_view> words;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Character character = first_character(text.substr(at));
    if (is_white_space(character.code)) {
      if (at > begin) words.push_back(text.substr(begin, at - begin));
      begin = at + character.size;
    }
    at += character.size;
  }
  if (text.size() > begin) words.push_back(text.substr(begin));
  return words;
}

}  // namespace gistmill::text
