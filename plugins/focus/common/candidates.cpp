#include "plugins/focus/common/candidates.hpp"

namespace gistmill::focus {
namespace {

void put_tokens(Candidates& all, const std::int32_t* tokens, std::int64_t start, std::int64_t block) {
  for (std::int64_t at = start; at < start + block; ++at) {
    all.token.push_back(tokens[at]);
    all.position.push_back(static_cast<std::int32_t>(at));
  }
}

void put_gist(Candidates& all, std::int32_t level, std::int64_t start, std::int64_t block, Place place) {
  all.gist_place.push_back(static_cast<std::int32_t>(all.token.size()));
  all.gist_level.push_back(level);
  all.gist_start.push_back(static_cast<std::int32_t>(start));
  all.token.push_back(-1);
  all.position.push_back(static_cast<std::int32_t>(position_of(start, width_of(level, block), place)));
}

}  // namespace

Candidates candidates_of(const WorkingContext& context, const std::int32_t* tokens, Place place,
                         const std::vector<Swap>& swaps) {
  const std::int64_t block = context.rules().block;
  const std::vector<Entry>& entries = context.entries();
  std::vector<std::int64_t> row_of(entries.size() + 1, 0);
  for (std::size_t i = 0; i < entries.size(); ++i)
    row_of[i + 1] = row_of[i] + cost_of(entries[i].level, block);
  Candidates all;
  for (const Swap& swap : swaps) {
    const Entry& entry = entries[swap.first];
    const std::size_t before = all.token.size();
    if (swap.edit.direction == Direction::collapse) {
      put_gist(all, entry.level + 1, entry.start, block, place);
    } else if (entry.level == 1) {
      put_tokens(all, tokens, entry.start, block);
    } else {
      for (std::int64_t i = 0; i < block; ++i) put_gist(all, 1, entry.start + i * block, block, place);
    }
    all.entry.push_back(static_cast<std::int32_t>(swap.first));
    all.direction.push_back(static_cast<std::int32_t>(swap.edit.direction));
    all.first.push_back(static_cast<std::int32_t>(row_of[swap.first]));
    all.removed.push_back(static_cast<std::int32_t>(row_of[swap.first + swap.count] - row_of[swap.first]));
    all.added.push_back(static_cast<std::int32_t>(all.token.size() - before));
  }
  return all;
}

}  // namespace gistmill::focus
