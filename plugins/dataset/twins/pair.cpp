#include "plugins/dataset/twins/pair.hpp"

#include <algorithm>

namespace gistmill::dataset {
namespace {

constexpr std::int64_t kApart = 8;     // equal tokens that part statement and recall, at least
constexpr std::int64_t kLongest = 24;  // tokens of a value

std::int64_t length(const Ids& ids) { return static_cast<std::int64_t>(ids.size()); }

// How many tokens are equal from these places on.
std::int64_t equal_from(const Ids& text, std::int64_t at, const Ids& twin, std::int64_t twin_at) {
  std::int64_t count = 0;
  while (at + count < length(text) && twin_at + count < length(twin) &&
         text[static_cast<std::size_t>(at + count)] == twin[static_cast<std::size_t>(twin_at + count)])
    ++count;
  return count;
}

std::int64_t equal_at_end(const Ids& text, const Ids& twin) {
  std::int64_t count = 0;
  const std::int64_t most = std::min(length(text), length(twin));
  while (count < most && text[text.size() - 1 - static_cast<std::size_t>(count)] ==
                             twin[twin.size() - 1 - static_cast<std::size_t>(count)])
    ++count;
  return count;
}

}  // namespace

std::optional<Difference> find_difference(const Ids& text, const Ids& twin) {
  // The value is there twice, so the texts' lengths differ by twice what its own do.
  if ((length(text) - length(twin)) % 2 != 0) return std::nullopt;
  const std::int64_t longer = (length(text) - length(twin)) / 2;
  const std::int64_t begin = equal_from(text, 0, twin, 0);
  const std::int64_t end = length(text) - equal_at_end(text, twin);
  for (std::int64_t size = std::max<std::int64_t>(longer, 0); size <= kLongest; ++size) {
    const std::int64_t equal = equal_from(text, begin + size, twin, begin + size - longer);
    if (equal < kApart) continue;
    const std::int64_t recall = begin + size + equal;
    if (recall >= end) return std::nullopt;
    return Difference{{begin, size}, {recall, end - recall}};
  }
  return std::nullopt;
}

std::optional<PairPlace> place_pair(const Ids& first, const Ids& second, const PairShape& shape) {
  const std::optional<Difference> a = find_difference(first, second);
  const std::optional<Difference> b = find_difference(second, first);
  if (!a || !b) return std::nullopt;
  const std::int64_t stated = std::max(a->statement.end(), b->statement.end());
  const std::int64_t recalled = std::max(a->recall.end(), b->recall.end());
  // Starts of spans in the whole text, both ends included.
  const std::int64_t earliest =
      std::max({stated - shape.span, recalled - shape.span - shape.horizon, shape.first});
  const std::int64_t latest =
      std::min(a->statement.begin, std::min(a->recall.begin, b->recall.begin) - shape.span);
  if (latest - earliest + 1 < shape.spans) return std::nullopt;

  PairPlace place;
  const std::int64_t behind = std::min(length(first), length(second)) - shape.document;
  place.begin =
      std::min(std::max<std::int64_t>(latest + shape.span + shape.horizon - shape.document, 0), behind);
  if (place.begin < 0 || earliest - place.begin < shape.first || recalled > place.begin + shape.document)
    return std::nullopt;
  for (std::int64_t i = 0; i < shape.spans; ++i) {
    const std::int64_t start = earliest + (2 * i + 1) * (latest - earliest + 1) / (2 * shape.spans);
    place.starts.push_back(static_cast<std::int32_t>(start - place.begin));
  }
  return place;
}

}  // namespace gistmill::dataset
