#include "host/run/device.hpp"

#include <ATen/Context.h>
#include <ATen/DeviceAccelerator.h>
#include <c10/util/Exception.h>
#include <fmt/format.h>

#include "host/diagnostic/failure.hpp"

namespace gistmill {
namespace {

at::Device parse(const RunSettings& run) {
  try {
    return at::Device(run.device);
  } catch (const c10::Error&) {
    throw Failure(ExitCode::recipe, run.device_origin,
                  fmt::format("run.device is '{}' when it should be a device", run.device),
                  {"devices are named as in \"cpu\", \"cuda\" or \"cuda:1\""});
  }
}

}  // namespace

at::Device device_of(const RunSettings& run) {
  at::Device device = parse(run);
  if (device.is_cpu()) return at::kCPU;
  const auto refuse = [&](const std::string& why, const std::string& advice) {
    throw Failure(ExitCode::failed, run.device_origin, fmt::format("run.device is '{}': {}", run.device, why),
                  {advice, "--set run.device=cpu runs the same recipe on the processor"});
  };
  if (!at::isAccelerator(device.type())) {
    refuse("LibTorch does not train on that kind of device", "cuda is one that it does");
  }
  const auto& hooks = at::globalContext().getAcceleratorHooksInterface(device.type());
  if (!hooks.isBuilt()) {
    refuse("this LibTorch was built without it",
           "scripts/setup.sh --cuda installs a LibTorch with CUDA to build with");
  }
  const int count = hooks.isAvailable() ? hooks.deviceCount() : 0;
  if (device.has_index() && device.index() >= count) {
    refuse(fmt::format("there are {} such devices, numbered from 0", count), "see what the driver shows");
  }
  if (count == 0) refuse("there is none, or its driver does not answer", "see what the driver shows");
  return device.has_index() ? device : at::Device(device.type(), 0);
}

}  // namespace gistmill
