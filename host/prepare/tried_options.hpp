// Options that only a plugin can judge, looked at before a run: a stage that would refuse its own after hours
// of training refuses them at once.
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "host/plan/parts.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

// Makes each instance that parts from number `first` on train or measure with, and drops it again; one of
// several with the same component and options. Left out are those that cannot be made yet, since they read a
// prepared file or a file in `folder` of the run, and isolated ones. Throws the Failure of the first that is
// refused, at its option. Main thread.
void try_options(const std::vector<Part>& parts, std::size_t first, const std::filesystem::path& folder,
                 Registry& registry);

}  // namespace gistmill
