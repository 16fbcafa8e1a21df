// Which device a run computes on. Nothing else in the host knows kinds of devices.
#pragma once

#include <c10/core/Device.h>

#include <string>

#include "host/diagnostic/failure.hpp"

namespace gistmill {

// The device of that name, checked to be there: "cpu", "cuda", "cuda:1", or any other that this LibTorch was
// built for. Throws Failure at `origin`, the recipe's line that names it.
at::Device device_of(const std::string& name, const Origin& origin);

}  // namespace gistmill
