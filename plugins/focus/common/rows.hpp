// A working context as the rows of a model's input: a row for each token of a block, one for a gist, each at
// a position of the whole history. Positions are those of the uncompressed text, so a swap moves nothing
// else.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "plugins/focus/common/working_context.hpp"

namespace gistmill::focus {

// The place of a gist within its span: start, center (start + width / 2) or end (start + width - 1).
enum class Place { start, center, end };

// Throws std::invalid_argument of another word.
Place place_of(std::string_view word);

constexpr std::int64_t position_of(std::int64_t start, std::int64_t width, Place place) {
  return place == Place::start ? start : place == Place::center ? start + width / 2 : start + width - 1;
}

// R rows, R = the context's cost.
struct Rows {
  std::vector<std::int32_t> entry;     // which entry
  std::vector<std::int32_t> position;  // ascending
  std::vector<std::int32_t> token;     // id; -1 of a gist
};

// How many rows a context may have where a model knows `known` positions: two blocks are left for what
// follows.
constexpr std::int64_t most_rows(std::int64_t known, std::int64_t block) { return known - 2 * block; }

// Moves positions into those that a model knows, 0 to known - 1, where the history has more; known 0: any.
// With a shift that grows in steps of an eighth of them, so that most blocks move nothing, row i stands at
// max(i, its own position - shift): the newest rows are as far apart as they were, and what would lie below 0
// stands closer together, still in order. Gives the position of the token behind the cursor. At most
// most_rows(known, block) rows.
std::int64_t fit_positions(Rows& rows, std::int64_t cursor, std::int64_t known, std::int64_t block);

// tokens: of the whole history, [context.cursor()].
Rows rows_of(const WorkingContext& context, const std::int32_t* tokens, Place place);

}  // namespace gistmill::focus
