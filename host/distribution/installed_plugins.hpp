// Plugins that a user installs: files in one folder, each called after its plugin.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "host/registry/registry.hpp"

namespace gistmill {

struct InstallRequest {
  std::filesystem::path source;  // a library, or a folder with libraries
  std::filesystem::path folder;  // where to; made where it is missing
  std::filesystem::path
      signers;           // who may have signed it, for ssh-keygen -Y; "": a signature is not asked for
  bool replace = false;  // may take the place of an installed build, and of another plugin's component
};

struct InstalledPlugin {
  std::filesystem::path source;
  std::filesystem::path file;  // where it is now
  Manifest manifest;
  std::string sha256;
  std::string signer;      // "": not asked for
  bool unchanged = false;  // it was there
};

// Installs one plugin, or all of a folder: all are checked before the first is copied, and each file appears
// whole or not at all. Nothing of a plugin runs. `there`: what the program finds now. Throws Failure
// (ExitCode::plugin, ExitCode::usage for paths): no plugin, of another ABI or LibTorch, forbidden by the
// policy, not signed by a signer, a component that another plugin offers, another build that is installed.
std::vector<InstalledPlugin> install_plugins(const InstallRequest& request, const Registry& there);

// Removes an installed plugin from `folder` and returns the file that is gone. Throws Failure
// (ExitCode::usage) where it is not installed.
std::filesystem::path remove_plugin(const std::string& name, const std::filesystem::path& folder);

}  // namespace gistmill
