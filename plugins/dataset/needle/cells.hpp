// The cells of a needle grid as recipes write them: "1024@0.5" is a length of 1024 tokens with the needle in
// the middle. Dataset and metric read the same list.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gistmill/plugin/values.hpp>

namespace gistmill::dataset {

struct NeedleCell {
  std::int64_t length = 0;
  double depth = 0;

  bool operator==(const NeedleCell&) const = default;
};

// Throws Error(GM_ERROR_USER, "cells"): none, one that is no such text, or one that is there twice.
inline std::vector<NeedleCell> needle_cells(const std::vector<std::string>& texts) {
  std::vector<NeedleCell> cells;
  for (const std::string& text : texts) {
    NeedleCell cell;
    const char* const end = text.data() + text.size();
    const auto length = std::from_chars(text.data(), end, cell.length);
    const bool at = length.ec == std::errc() && length.ptr != end && *length.ptr == '@';
    const auto depth = std::from_chars(at ? length.ptr + 1 : end, end, cell.depth);
    const bool sound = at && depth.ec == std::errc() && depth.ptr == end && cell.length > 1 &&
                       cell.length <= (1 << 20) && cell.depth >= 0 && cell.depth <= 1;
    if (!sound) {
      throw Error(
          GM_ERROR_USER,
          "cell '" + text + "' should be a length in tokens and a depth from 0 to 1, such as '1024@0.5'",
          "cells");
    }
    for (const NeedleCell& other : cells) {
      if (other == cell) throw Error(GM_ERROR_USER, "cell '" + text + "' is there twice", "cells");
    }
    cells.push_back(cell);
  }
  if (cells.empty()) throw Error(GM_ERROR_USER, "cells names no length and depth", "cells");
  return cells;
}

}  // namespace gistmill::dataset
