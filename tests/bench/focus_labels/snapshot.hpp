// A working context to measure labels of: a long history of which some blocks stand as tokens, here and
// there, and the rest as gists of level 1, with every legal swap.
#pragma once

#include <nlohmann/json.hpp>

#include "plugins/focus/common/candidates.hpp"

namespace gistmill::bench {

struct Snapshot {
  std::vector<std::int32_t> tokens;     // the history, whole blocks
  std::vector<std::int32_t> following;  // H
  focus::Rows rows;                     // of the context as it is
  std::vector<focus::Entry> entries;
  focus::Candidates swaps;
  std::int64_t legal = 0;  // how many swaps there are; `swaps` has some of them
  std::int64_t block = 32;
};

// blocks: of the history; open: how many stand as tokens, the newest four among them, the others drawn.
// `sample` of the legal swaps, evenly spread; 0: all.
Snapshot make_snapshot(std::int64_t blocks, std::int64_t open, std::int64_t horizon, std::int64_t sample);

// For a peer: tokens, following, and `texts`: the rows of the context and of each edited one, each row a
// position, a token (-1: a gist) and the gist's level and first token.
nlohmann::json to_json(const Snapshot& snapshot);

}  // namespace gistmill::bench
