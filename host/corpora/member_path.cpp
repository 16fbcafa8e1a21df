#include "host/corpora/member_path.hpp"

#include <fnmatch.h>

#include <algorithm>

#include <gistmill/text/shown.hpp>
#include <gistmill/text/utf8.hpp>

namespace gistmill {
namespace {

constexpr std::size_t kLongest = 4096;  // bytes

bool is_shown(std::string_view name) {
  while (!name.empty()) {
    const text::Character character = text::first_character(name);
    if (!character.valid() || text::is_control(character.code)) return false;
    name.remove_prefix(character.size);
  }
  return true;
}

}  // namespace

std::string member_path(std::string_view name) {
  if (name.empty() || name.front() == '/' || name.size() > kLongest || !is_shown(name)) return "";
  std::string path;
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t end = std::min(name.find('/', at), name.size());
    const std::string_view part = name.substr(at, end - at);
    at = end + 1;
    if (part.empty() || part == ".") continue;
    if (part == "..") return "";
    if (!path.empty()) path += '/';
    path += part;
  }
  return path.empty() ? "." : path;
}

bool matches(const std::string& path, const std::string& pattern) {
  return fnmatch(pattern.c_str(), path.c_str(), 0) == 0;
}

}  // namespace gistmill
