// Whether a plugin's build fits this program, as far as its manifest and its ELF file say.
#pragma once

#include "host/registry/registry.hpp"

namespace gistmill {

// Throws Failure (ExitCode::plugin), with what to do, where it was built for an unknown ABI or another
// LibTorch, or where a plugin of tier "c" needs LibTorch. Another ABI major was refused with the manifest.
// Loads nothing.
void check_fit(const PluginFile& file);

}  // namespace gistmill
