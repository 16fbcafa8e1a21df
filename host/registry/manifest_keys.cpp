// A key stands in TOML as it is: alone, or in quotes where it has other letters than a bare key; only in
// double quotes may escapes stand for letters. So the text of a key is in the text, or there is an escape.
#include "host/registry/manifest_keys.hpp"

#include <cstring>

#include <algorithm>
#include <cstddef>

namespace gistmill {
namespace {

bool is_bare(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || letter == '_' || letter == '-';
}

// What ends a key in quotes, or stands in it as an escape.
bool is_no_plain(char letter) {
  const auto code = static_cast<unsigned char>(letter);
  return code < 0x20 || code == 0x7f || letter == '"' || letter == '\'' || letter == '\\';
}

// "\u", "\U" and "\x"; the other escapes are of letters that no plain key has.
bool letters_by_number_in(std::string_view toml) {
  for (std::size_t at = toml.find('\\'); at != std::string_view::npos; at = toml.find('\\', at + 1)) {
    const char next = at + 1 < toml.size() ? toml[at + 1] : '\0';
    if (next == 'u' || next == 'U' || next == 'x') return true;
  }
  return false;
}

std::size_t place_of(std::string_view text, std::string_view word, std::size_t from) {
  const void* const found = memmem(text.data() + from, text.size() - from, word.data(), word.size());
  return found == nullptr ? std::string_view::npos
                          : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

}  // namespace

ManifestKeys::ManifestKeys(std::string_view toml)
    : toml_(toml), has_letters_by_number_(letters_by_number_in(toml)) {
  for (std::size_t slash = toml.find('/'); slash != std::string_view::npos;) {
    std::size_t begin = slash;
    while (begin > 0 && !is_no_plain(toml[begin - 1])) --begin;
    std::size_t end = slash + 1;
    while (end < toml.size() && !is_no_plain(toml[end])) ++end;
    with_slash_.push_back(toml.substr(begin, end - begin));
    slash = toml.find('/', end);
  }
}

bool ManifestKeys::may_have(std::string_view key) const {
  if (has_letters_by_number_ || key.empty() || std::any_of(key.begin(), key.end(), is_no_plain)) return true;
  if (key.find('/') != std::string_view::npos)  // in quotes, alone between them
    return std::find(with_slash_.begin(), with_slash_.end(), key) != with_slash_.end();
  for (std::size_t at = place_of(toml_, key, 0); at != std::string_view::npos;
       at = place_of(toml_, key, at + 1)) {
    const std::size_t end = at + key.size();
    if ((at == 0 || !is_bare(toml_[at - 1])) && (end == toml_.size() || !is_bare(toml_[end]))) return true;
  }
  return false;
}

}  // namespace gistmill
