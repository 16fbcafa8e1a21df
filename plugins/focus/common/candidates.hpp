// What each swap of a working context would change of the rows that a model reads (rows.hpp): where it
// begins, how many rows go, and what comes in their place. All rows stand at positions of the whole history,
// so nothing else moves.
#pragma once

#include <cstdint>
#include <vector>

#include "plugins/focus/common/rows.hpp"

namespace gistmill::focus {

// B candidates, P rows that they put in, one candidate's behind another's, W of these gists.
struct Candidates {
  std::vector<std::int32_t> entry;       // [B] index in the context; of siblings, the first
  std::vector<std::int32_t> direction;   // [B] 1 expand, -1 collapse
  std::vector<std::int32_t> first;       // [B] row of the context as it is
  std::vector<std::int32_t> removed;     // [B] rows that go
  std::vector<std::int32_t> added;       // [B] rows that come
  std::vector<std::int32_t> token;       // [P] id; -1 of a gist
  std::vector<std::int32_t> position;    // [P]
  std::vector<std::int32_t> gist_place;  // [W] which of the P rows, ascending
  std::vector<std::int32_t> gist_level;  // [W] its node: level,
  std::vector<std::int32_t> gist_start;  // [W] and first token
};

// swaps: legal ones of the context as it is. tokens: of the history, [context.cursor()].
Candidates candidates_of(const WorkingContext& context, const std::int32_t* tokens, Place place,
                         const std::vector<Swap>& swaps);

}  // namespace gistmill::focus
