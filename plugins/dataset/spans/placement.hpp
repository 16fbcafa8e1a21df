// Where the spans of one window stand. Arithmetic only: no file, no ABI.
#pragma once

#include <cstdint>
#include <vector>

namespace gistmill::dataset {

// A window x[0..T) and its K spans [s, s + S), each with targets x[s+S .. s+S+H).
struct SpanShape {
  std::int64_t document = 1024;  // T
  std::int64_t span = 32;        // S
  std::int64_t horizon = 64;     // H
  std::int64_t spans = 16;       // K
  std::int64_t first = 256;      // the least start
  std::int64_t stride = 32;      // what every start is a multiple of
  bool full_horizon = true;      // every target lies in the window; else at least the first one
};

// How many starts there are; each is `first_start + i * stride`.
struct Starts {
  std::int64_t first = 0;
  std::int64_t stride = 1;
  std::int64_t count = 0;
};

// Throws Error(GM_ERROR_USER, key "spans") where fewer than K starts fit.
Starts possible_starts(const SpanShape& shape);

// K starts, ascending and distinct: one out of each of K equal parts of the window, in its middle.
std::vector<std::int32_t> even_starts(const Starts& starts, std::int64_t spans);

// K starts, ascending and distinct, every choice of K equally likely.
std::vector<std::int32_t> random_starts(const Starts& starts, std::int64_t spans, std::uint64_t key);

}  // namespace gistmill::dataset
