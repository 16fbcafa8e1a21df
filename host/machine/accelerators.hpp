// Which accelerators the system has, as its drivers say. Whether LibTorch can use them is device.hpp's to
// say.
#pragma once

#include <string>
#include <vector>

namespace gistmill {

// "NVIDIA H200", one for each device; empty where there is no driver. Asks /proc only.
std::vector<std::string> accelerator_names();

std::string nvidia_driver_version();  // "550.54.15"; "" where unknown

}  // namespace gistmill
