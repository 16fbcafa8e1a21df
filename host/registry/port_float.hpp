// Which ports hold numbers that may carry a gradient.
#pragma once

#include "host/registry/manifest.hpp"

namespace gistmill {

bool is_float(const PortType& type);

}  // namespace gistmill
