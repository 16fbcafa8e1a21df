// Which rows an edited text has: the half of branches (continuation.hpp) that is about places, not numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "plugins/teacher/decoder/continuation.hpp"

namespace gistmill::decoder {

// What an edit leaves of the text in front of it, and the rows behind that, of a pool: the text with what
// follows it, then what all edits put in.
struct Branch {
  std::int64_t first = 0;
  std::vector<std::int64_t> rows;
};

// length: R; following: rows that follow the text, H - 1. Throws Error (user) where an edit does not fit the
// text, or nothing of the text stands behind its place, so that no row would predict anew.
std::vector<Branch> branches_of(const Edits& edits, std::int64_t length, std::int64_t following);

// [begin, end) of branches that run together: in order, at most `rows` of their rows, but one branch at
// least.
std::vector<std::pair<std::size_t, std::size_t>> runs_of(const std::vector<Branch>& branches,
                                                         std::int64_t rows);

}  // namespace gistmill::decoder
