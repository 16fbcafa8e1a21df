// Which device a run computes on. Nothing else in the host knows kinds of devices.
#pragma once

#include <c10/core/Device.h>

#include "host/recipe/recipe.hpp"

namespace gistmill {

// The device that [run] device names, checked to be there: "cpu", "cuda", "cuda:1", or any other that this
// LibTorch was built for. Throws Failure at the recipe's line.
at::Device device_of(const RunSettings& run);

}  // namespace gistmill
