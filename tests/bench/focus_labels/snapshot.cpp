#include "tests/bench/focus_labels/snapshot.hpp"

#include <gistmill/random.hpp>

namespace gistmill::bench {
namespace {

constexpr std::int64_t kProtectedBlocks = 4;

focus::WorkingContext grown(std::int64_t blocks, std::int64_t open) {
  focus::ContextRules rules;
  rules.budget = blocks * rules.block;
  rules.protected_tail = kProtectedBlocks * rules.block;
  focus::WorkingContext context(rules);
  for (std::int64_t i = 0; i < blocks; ++i) context.append_block(1);
  const std::int64_t old = blocks - kProtectedBlocks;
  const std::vector<std::uint32_t> order = KeyedRandom(17).permutation(static_cast<std::uint32_t>(old));
  std::vector<focus::Edit> edits;
  for (std::int64_t i = open - kProtectedBlocks; i < old; ++i)
    edits.push_back({order[static_cast<std::size_t>(i)], focus::Direction::collapse});
  context.apply(edits, 2);
  return context;
}

}  // namespace

Snapshot make_snapshot(std::int64_t blocks, std::int64_t open, std::int64_t horizon, std::int64_t sample) {
  Snapshot snapshot;
  const focus::WorkingContext context = grown(blocks, open);
  KeyedRandom random(29);
  const auto draw = [&](std::vector<std::int32_t>& into, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i)
      into.push_back(static_cast<std::int32_t>(random.below(40000)) + 17);
  };
  draw(snapshot.tokens, context.cursor());
  draw(snapshot.following, horizon);
  snapshot.rows = focus::rows_of(context, snapshot.tokens.data(), focus::Place::center);
  snapshot.entries = context.entries();
  const focus::EntryArrays arrays = context.arrays(3);
  std::vector<focus::Swap> swaps = legal_swaps(arrays.entries());
  snapshot.legal = static_cast<std::int64_t>(swaps.size());
  if (sample > 0 && sample < snapshot.legal) {
    std::vector<focus::Swap> some;
    for (std::int64_t i = 0; i < sample; ++i)
      some.push_back(swaps[static_cast<std::size_t>((2 * i + 1) * snapshot.legal / (2 * sample))]);
    swaps = std::move(some);
  }
  snapshot.swaps = focus::candidates_of(context, snapshot.tokens.data(), focus::Place::center, swaps);
  return snapshot;
}

nlohmann::json to_json(const Snapshot& snapshot) {
  using nlohmann::json;
  json base = json::array();
  for (std::size_t i = 0; i < snapshot.rows.token.size(); ++i) {
    const focus::Entry& entry = snapshot.entries[static_cast<std::size_t>(snapshot.rows.entry[i])];
    const bool gist = snapshot.rows.token[i] < 0;
    base.push_back(
        {snapshot.rows.position[i], snapshot.rows.token[i], gist ? entry.level : 0, gist ? entry.start : 0});
  }
  json texts = json::array({base});
  const focus::Candidates& swaps = snapshot.swaps;
  std::size_t next = 0, gist = 0;
  for (std::size_t b = 0; b < swaps.entry.size(); ++b) {
    json text = json::array();
    text.insert(text.end(), base.begin(), base.begin() + swaps.first[b]);
    for (std::int32_t i = 0; i < swaps.added[b]; ++i, ++next) {
      const bool is_gist = swaps.token[next] < 0;
      text.push_back({swaps.position[next], swaps.token[next], is_gist ? swaps.gist_level[gist] : 0,
                      is_gist ? swaps.gist_start[gist] : 0});
      if (is_gist) ++gist;
    }
    text.insert(text.end(), base.begin() + swaps.first[b] + swaps.removed[b], base.end());
    texts.push_back(std::move(text));
  }
  return {{"tokens", snapshot.tokens},
          {"following", snapshot.following},
          {"block", snapshot.block},
          {"texts", texts}};
}

}  // namespace gistmill::bench
