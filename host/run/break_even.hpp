// When a compressor pays: what compressing a text and reading its store costs beside reading the text, by
// curves through short measured runs. Arithmetic alone; compression_plan.cpp measures.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace gistmill {

struct Sample {
  double x = 0;  // tokens
  double y = 0;  // seconds or bytes, above 0
};

// y = constant + linear x + square x^2, none of them below 0: what a pass over x tokens takes.
struct CostCurve {
  double constant = 0;
  double linear = 0;
  double square = 0;

  double at(double x) const { return constant + (linear + square * x) * x; }
};

// The curve with the least sum of squared relative errors. squared: with a square term, for a pass whose
// attention every token has with all before it; without it, a line. At least one sample, x and y above 0.
CostCurve curve_through(const std::vector<Sample>& samples, bool squared);

// How a text is cut into blocks, and how its store is read: as `generate --store` does it.
struct StoreReading {
  std::int64_t block = 0;   // tokens of a block, and blocks of a group
  std::int64_t gists = 1;   // of a block
  bool has_groups = false;  // level 2
  std::int64_t recent = 0;  // tokens at the end that stand as they are
  std::int64_t level1 = 0;  // tokens at the end that no gist of level 2 stands for
  double kept = 0;          // share of the tokens that gists stand for which stay beside these, 0 to 1
};

struct ReadRows {
  std::int64_t rows = 0;      // that the model reads
  std::int64_t left_out = 0;  // oldest tokens, which the model knows no positions for
};

// For a text of `tokens` when there is room for positions [0, room); room 0: no bound. A text's end may be a
// block longer: its last tokens get no gist yet. Tokens that stay are counted beside the gists of all blocks,
// also of those that stay whole and need none.
ReadRows rows_of(std::int64_t tokens, std::int64_t room, const StoreReading& reading);

// The most rows that the model would read of the text or of its store, whichever can be read. known:
// positions of the model, of which new_tokens are not the text's; 0: no bound.
std::int64_t most_rows(std::int64_t tokens, std::int64_t new_tokens, std::int64_t known,
                       const StoreReading& reading);

// What was measured: seconds, tokens and bytes.
struct MeasuredCosts {
  std::int64_t window = 0;   // tokens of a pass of the compressor
  std::int64_t known = 0;    // positions of the model; 0: no bound
  std::int64_t longest = 0;  // rows of the longest text that the model read
  CostCurve pass;            // seconds of a compressor's pass over x tokens that compresses all its blocks
  double block_seconds = 0;  // of that for each block
  double group_seconds = 0;  // for each group of level 2
  CostCurve prefill;         // seconds to the first token behind x rows
  CostCurve step;            // seconds a further token behind x rows
  CostCurve memory;          // bytes of the process with x rows and what was made behind them
  std::uint64_t pass_memory = 0;  // bytes of the process that compresses, whatever the text's length
};

struct Cost {
  double seconds = 0;
  double bytes = 0;
};

struct LengthCosts {
  std::int64_t tokens = 0;
  ReadRows read;
  Cost compress;                 // once
  Cost from_store;               // each reading, with the new tokens
  std::optional<Cost> whole;     // the same of the text itself; nothing: the model knows too few positions
  bool is_extrapolated = false;  // more rows than were measured
  // Readings from which on compressing takes less time in all; nothing: it never does, or there is no whole.
  std::optional<std::int64_t> pays_from;
};

// new_tokens: that each reading makes, at least 1.
LengthCosts costs_of(std::int64_t tokens, std::int64_t new_tokens, const MeasuredCosts& measured,
                     const StoreReading& reading);

}  // namespace gistmill
