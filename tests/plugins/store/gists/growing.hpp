// A store that grows in tests: block by block, with gists that say which block they are of.
#pragma once

#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "plugins/store/gists/growth.hpp"

namespace gistmill::gists {

constexpr std::uint32_t kUnsettled = 2;  // tokens at the end of a text that more text could change

inline About about_of(const std::string& compressor = "c1", const std::string& level2 = "") {
  return {"m1", "t1", compressor, "end", level2, {}, {}};
}

inline std::vector<std::int32_t> counting(std::int32_t count) {
  std::vector<std::int32_t> ids(static_cast<std::size_t>(count));
  std::iota(ids.begin(), ids.end(), 100);
  return ids;
}

// A gist's six numbers are the number of its block, plus `mark`.
inline Missing compress_blocks(Growth& growth, const std::string& name,
                               const std::vector<std::int32_t>& tokens, float mark = 0) {
  const Missing missing = growth.extend(name, tokens);
  for (std::uint32_t block = missing.first; block < missing.end; ++block) {
    const std::vector<float> gist(6, static_cast<float>(block) + mark);
    const std::vector<std::int32_t> offsets = {2, 3};
    growth.append(1, gist.data(), offsets.data());
  }
  return missing;
}

}  // namespace gistmill::gists
