#include "plugins/focus/common/rows.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace gistmill::focus {

Place place_of(std::string_view word) {
  if (word == "start") return Place::start;
  if (word == "center") return Place::center;
  if (word == "end") return Place::end;
  throw std::invalid_argument("position '" + std::string(word) + "' is none of start, center, end");
}

Rows rows_of(const WorkingContext& context, const std::int32_t* tokens, Place place) {
  const std::int64_t block = context.rules().block;
  Rows rows;
  const auto add = [&rows](std::size_t entry, std::int64_t position, std::int32_t token) {
    rows.entry.push_back(static_cast<std::int32_t>(entry));
    rows.position.push_back(static_cast<std::int32_t>(position));
    rows.token.push_back(token);
  };
  for (std::size_t i = 0; i < context.entries().size(); ++i) {
    const Entry& entry = context.entries()[i];
    if (entry.level == 0) {
      for (std::int64_t at = entry.start; at < entry.start + block; ++at) add(i, at, tokens[at]);
    } else {
      add(i, position_of(entry.start, width_of(entry.level, block), place), -1);
    }
  }
  return rows;
}

std::int64_t fit_positions(Rows& rows, std::int64_t cursor, std::int64_t known, std::int64_t block) {
  const std::int64_t most = most_rows(known, block);
  if (known == 0 || cursor <= most) return cursor;
  const std::int64_t step = std::max(known / 8 / block, std::int64_t{1}) * block;
  const std::int64_t shift = (cursor - most + step - 1) / step * step;
  for (std::size_t i = 0; i < rows.position.size(); ++i) {
    rows.position[i] = static_cast<std::int32_t>(
        std::max<std::int64_t>(static_cast<std::int64_t>(i), rows.position[i] - shift));
  }
  return std::max<std::int64_t>(std::ssize(rows.position), cursor - shift);
}

}  // namespace gistmill::focus
