// A component in a process of its own, behind the same contract: what it does to its process, and what ends
// it, is no more than an error of its call. Tensors cross by shared memory with one copy. Not for components
// whose ports hold objects, which cannot leave their process, nor for optimizers and what joins ranks, which
// work on the run's own memory.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "gistmill/entry.h"
#include "host/isolate/isolated_process.hpp"
#include "host/registry/manifest.hpp"

namespace gistmill {

struct IsolatedPlugin {
  const ComponentSpec* spec = nullptr;         // outlives the instance
  std::vector<std::filesystem::path> folders;  // where the other side looks for the component
  std::string build;                           // PluginFile::build: the other side refuses another one
  Isolation limits;
};

// As create of gm_component_interface. An instance that was made so is called through isolating_interface().
gm_status create_isolated(const IsolatedPlugin& plugin, const std::string& name, const gm_host* host,
                          const gm_options* options, gm_instance** out, gm_error* error);

// Has no count, describe and create: nothing of the plugin is in this process.
const gm_component_interface& isolating_interface();

// Whether the process of an instance that create_isolated made has ended, so that every call of it fails.
bool isolated_process_ended(gm_instance* instance);

// Starts a process in place of one that has ended, which makes the instance anew from its options. Only for
// limits.skip_steps above 0. As start of gm_component_interface where it cannot be made again.
gm_status restart_isolated(gm_instance* instance, gm_error* error);

}  // namespace gistmill
