#include "host/recipe/names.hpp"

#include <fmt/format.h>

namespace gistmill {

bool is_name(std::string_view name) {
  constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
  return !name.empty() && name.find_first_not_of(kAllowed) == std::string_view::npos;
}

void expect_name(std::string_view name, std::string_view where, const Origin& origin) {
  if (is_name(name)) return;
  throw Failure(ExitCode::recipe, origin,
                fmt::format("'{}' cannot be a name in {}: use letters, digits, '_' and '-'", name, where));
}

bool is_pair(std::string_view text, char separator) {
  const std::size_t at = text.find(separator);
  return at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
         text.find(separator, at + 1) == std::string_view::npos;
}

}  // namespace gistmill
