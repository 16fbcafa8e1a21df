// Numbers in JSON files: it has no words for NaN and infinity.
#pragma once

#include <cmath>

#include <nlohmann/json.hpp>

namespace gistmill {

// `value`, or null where it is not finite. Json: one of nlohmann's.
template <class Json>
Json finite_or_null(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

}  // namespace gistmill
