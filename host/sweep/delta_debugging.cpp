#include "host/sweep/delta_debugging.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>

namespace gistmill {
namespace {

// Part number `part` of `parts` of nearly equal size.
Changes part_of(const Changes& changes, std::size_t part, std::size_t parts) {
  const auto at = [&](std::size_t number) {
    return changes.begin() + static_cast<std::ptrdiff_t>(changes.size() * number / parts);
  };
  return {at(part), at(part + 1)};
}

Changes without(const Changes& changes, const Changes& part) {
  Changes rest;
  std::ranges::set_difference(changes, part, std::back_inserter(rest));
  return rest;
}

}  // namespace

Changes smallest_bad_set(std::size_t count, const std::function<Outcome(const Changes&)>& test) {
  std::map<Changes, Outcome> known;
  const auto is_bad = [&](const Changes& changes) {
    const auto found = known.find(changes);
    if (found != known.end()) return found->second == Outcome::bad;
    return known.emplace(changes, test(changes)).first->second == Outcome::bad;
  };
  Changes changes(count);
  std::iota(changes.begin(), changes.end(), std::size_t{0});
  std::size_t parts = 2;
  while (changes.size() > 1) {
    std::optional<Changes> smaller;
    for (std::size_t part = 0; part < parts && !smaller; ++part) {
      if (Changes one = part_of(changes, part, parts); is_bad(one)) smaller = std::move(one);
    }
    if (smaller) {
      changes = std::move(*smaller);
      parts = 2;
      continue;
    }
    for (std::size_t part = 0; part < parts && parts > 2 && !smaller; ++part) {
      if (Changes rest = without(changes, part_of(changes, part, parts)); is_bad(rest))
        smaller = std::move(rest);
    }
    if (smaller) {
      changes = std::move(*smaller);
      parts = std::max<std::size_t>(parts - 1, 2);
    } else if (parts < changes.size()) {
      parts = std::min(parts * 2, changes.size());
    } else {
      break;
    }
  }
  return changes;
}

}  // namespace gistmill
