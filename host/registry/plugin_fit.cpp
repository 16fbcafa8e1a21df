// See plugin_fit.hpp.
#include "host/registry/plugin_fit.hpp"

#include <string_view>

#include <fmt/format.h>

#include "gistmill/version.h"
#include "host/diagnostic/failure.hpp"
#include "host/registry/elf.hpp"

namespace gistmill {
namespace {

constexpr bool kCxx11Abi = _GLIBCXX_USE_CXX11_ABI != 0;
constexpr std::string_view kTorch = GISTMILL_TORCH_VERSION;

[[noreturn]] void refuse(const PluginFile& file, const std::string& message, const std::string& remedy) {
  throw Failure(ExitCode::plugin, {file.path.string(), 0, 0}, message, {remedy});
}

void check_libtorch(const PluginFile& file) {
  const Manifest& manifest = file.manifest;
  if (kTorch.empty())
    refuse(file, "needs LibTorch when this program is built without it", "use a build with LibTorch");
  const std::string rebuild =
      fmt::format("rebuild it with LibTorch {} and the SDK of gistmill {}", kTorch, GM_VERSION);
  if (manifest.torch != kTorch) {
    refuse(file,
           fmt::format("built against LibTorch {} when this program has {}",
                       manifest.torch.empty() ? "of unknown version" : manifest.torch, kTorch),
           rebuild);
  }
  if (manifest.cxx11_abi != kCxx11Abi) {
    refuse(file,
           fmt::format("built with _GLIBCXX_USE_CXX11_ABI={} when this program has {}",
                       static_cast<int>(manifest.cxx11_abi), static_cast<int>(kCxx11Abi)),
           rebuild);
  }
}

}  // namespace

void check_fit(const PluginFile& file) {
  if (file.manifest.abi_major == 0) {
    refuse(file, "the manifest has no [build] table, so its ABI is unknown",
           "build it with gistmill_add_plugin");
  }
  if (file.manifest.tier == "libtorch") return check_libtorch(file);
  // A second LibTorch in the process, of whatever version, crashes where nobody looks for it.
  for (const std::string& needed : ElfFile(file.path).needed()) {
    if (needed.rfind("libtorch", 0) != 0 && needed.rfind("libc10", 0) != 0) continue;
    refuse(file, fmt::format("needs {} when its manifest has tier \"c\"", needed),
           "write tier = \"libtorch\" in plugin.toml and build it with gistmill_add_plugin(... TORCH)");
  }
}

}  // namespace gistmill
