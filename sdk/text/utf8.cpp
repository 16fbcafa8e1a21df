// utf8proc behind text/utf8.hpp.
#include <gistmill/text/utf8.hpp>

#include <algorithm>
#include <array>

#include <utf8proc.h>

namespace gistmill::text {
namespace {

// `visit(character)` for each.
template <class Visit>
void each_character(std::string_view text, const Visit& visit) {
  while (!text.empty()) {
    const Character character = first_character(text);
    visit(character);
    text.remove_prefix(character.size);
  }
}

}  // namespace

Character detail::first_by_utf8proc(std::string_view text) {
  utf8proc_int32_t code = kNoCharacter;
  const utf8proc_ssize_t size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                                 static_cast<utf8proc_ssize_t>(text.size()), &code);
  return size > 0 ? Character{code, static_cast<std::size_t>(size)} : Character{};
}

std::size_t broken_size(std::string_view text) {
  constexpr std::size_t kLongest = 4;
  for (std::size_t size = std::min(kLongest - 1, text.size()); size > 1; --size) {
    // After two bytes that may stand together any continuation will do: with enough of them it is a
    // character.
    std::array<char, kLongest> whole;
    whole.fill('\x80');
    text.copy(whole.data(), size);
    if (first_character({whole.data(), whole.size()}).size > size) return size;
  }
  return 1;
}

void append_utf8(std::string& text, std::int32_t code) {
  std::array<utf8proc_uint8_t, 4> bytes;
  const utf8proc_ssize_t size = utf8proc_encode_char(code, bytes.data());
  text.append(bytes.begin(), bytes.begin() + size);
}

bool is_utf8(std::string_view text) {
  bool all = true;
  each_character(text, [&](const Character& character) { all = all && character.valid(); });
  return all;
}

std::size_t count_characters(std::string_view text) {
  std::size_t count = 0;
  each_character(text, [&](const Character&) { ++count; });
  return count;
}

std::size_t columns(std::string_view text) {
  std::size_t count = 0;
  each_character(text, [&](const Character& character) {
    count += character.valid() ? static_cast<std::size_t>(utf8proc_charwidth(character.code)) : 1;
  });
  return count;
}

}  // namespace gistmill::text
