#include "host/figures/published.hpp"

#include <cmath>

namespace gistmill {

std::optional<bool> agrees(const Published& published, double measured) {
  if (!published.within || !std::isfinite(measured)) return std::nullopt;
  return std::abs(measured - published.value) <= *published.within;
}

}  // namespace gistmill
