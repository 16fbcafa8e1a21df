// The pairs of a prepared corpus of which spans can hold the statement.
#pragma once

#include <cstdint>
#include <vector>

#include "plugins/dataset/twins/pair.hpp"

namespace gistmill::formats {
class TokenFileReader;
}

namespace gistmill::dataset {

// Documents `document` and `document` + 1 of the prepared file.
struct Pair {
  std::uint32_t document = 0;
  PairPlace place;
  Place recall[2];  // of each text, within the window
};

// "x#3-twin-a" and then "x#3-twin-b" are a pair. Throws Error(GM_ERROR_USER): the split has none ("corpus"),
// or none with room for the spans ("document").
std::vector<Pair> find_pairs(const formats::TokenFileReader& file, std::int32_t split,
                             const PairShape& shape);

}  // namespace gistmill::dataset
