// Where two texts differ that state and recall one value, and where spans can stand that hold the statement.
// Arithmetic on token ids only.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace gistmill::dataset {

using Ids = std::vector<std::int32_t>;

// Tokens [begin, begin + size).
struct Place {
  std::int64_t begin = 0;
  std::int64_t size = 0;

  std::int64_t end() const { return begin + size; }
};

// Where the first of two texts differs from the second.
struct Difference {
  Place statement;
  Place recall;
};

// Both texts differ in two places: statement and recall, with more than a few equal tokens between them; a
// value may have another number of tokens in the other text. Nothing where that is not so.
std::optional<Difference> find_difference(const Ids& text, const Ids& twin);

struct PairShape {
  std::int64_t document = 512;  // T
  std::int64_t span = 32;       // S
  std::int64_t horizon = 128;   // H
  std::int64_t spans = 4;       // K
  std::int64_t first = 64;      // the least prefix
};

struct PairPlace {
  std::int64_t begin = 0;            // of the window, in both texts
  std::vector<std::int32_t> starts;  // [K] of the spans, ascending, within the window
};

// Spans that hold the statement of both texts, with the recall of both behind each of them, among its
// targets and in the window. Nothing where there are fewer than K such places.
std::optional<PairPlace> place_pair(const Ids& first, const Ids& second, const PairShape& shape);

}  // namespace gistmill::dataset
