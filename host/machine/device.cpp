#include "host/machine/device.hpp"

#include <ATen/Context.h>
#include <ATen/DeviceAccelerator.h>
#include <c10/util/Exception.h>
#include <dlfcn.h>
#define BOOST_DLL_USE_STD_FS
#include <fmt/format.h>

#include <boost/dll/shared_library.hpp>
#include <filesystem>
#include <string>
#include <system_error>

namespace gistmill {
namespace {

at::Device parse(const std::string& name, const Origin& origin) {
  try {
    return at::Device(name);
  } catch (const c10::Error&) {
    throw Failure(ExitCode::recipe, origin,
                  fmt::format("run.device is '{}' when it should be a device", name),
                  {"devices are named like \"cpu\", \"cuda\" or \"cuda:1\""});
  }
}

// The folder of the LibTorch that is loaded, whoever said where it is.
std::filesystem::path libtorch_folder() {
  Dl_info info{};
  dladdr(reinterpret_cast<const void*>(&at::globalContext), &info);
  return info.dli_fname == nullptr ? "" : std::filesystem::path(info.dli_fname).parent_path();
}

// CUDA is a part of LibTorch of its own that takes long to load, so that nothing links it. It has to be there
// before LibTorch first asks for it. Where it is missing, LibTorch answers afterwards that it was built
// without.
void load_cuda() {
  namespace dll = boost::dll;
  static dll::shared_library library;  // for the life of the process
  std::error_code ignored;
  library.load(libtorch_folder() / "libtorch_cuda.so", dll::load_mode::rtld_global | dll::load_mode::rtld_now,
               ignored);
}

}  // namespace

at::Device device_of(const std::string& name, const Origin& origin) {
  at::Device device = parse(name, origin);
  if (device.is_cpu()) return at::kCPU;
  const auto refuse = [&](const std::string& why, const std::string& advice) {
    throw Failure(ExitCode::failed, origin, fmt::format("run.device is '{}': {}", name, why),
                  {advice, "--set run.device=cpu runs the same recipe on the processor"});
  };
  if (!at::isAccelerator(device.type())) {
    refuse("LibTorch cannot train on this kind of device", "it can on cuda");
  }
  if (device.is_cuda()) load_cuda();
  const auto& hooks = at::globalContext().getAcceleratorHooksInterface(device.type());
  if (!hooks.isBuilt()) {
    refuse("this LibTorch was built without it, or a library that it needs is missing",
           "scripts/setup.sh --cuda installs a LibTorch with CUDA to build with");
  }
  const int count = hooks.isAvailable() ? hooks.deviceCount() : 0;
  if (device.has_index() && device.index() >= count) {
    refuse(fmt::format("there are {} such devices, numbered from 0", count), "see what the driver shows");
  }
  if (count == 0)
    refuse("there is no such device, or its driver does not answer", "see what the driver shows");
  return device.has_index() ? device : at::Device(device.type(), 0);
}

}  // namespace gistmill
