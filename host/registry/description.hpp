// Whether a loaded library is what its manifest says.
#pragma once

#include "gistmill/component.h"
#include "host/diagnostic/failure.hpp"
#include "host/registry/manifest.hpp"

namespace gistmill {

// Compares what the library describes with the manifest: components, the operations in their order (calls
// name them by number), numbers of inputs and outputs, and vjp where the manifest promises gradients.
// `library` is the place of errors. Throws Failure (ExitCode::plugin) at the first difference.
void check_description(const gm_component_interface& interface, const Manifest& manifest,
                       const Origin& library);

// Whether the manifest promises a vjp: a gradient of an input, or of parameters from an output.
bool needs_vjp(const ComponentSpec& component, const OperationSpec& operation);

}  // namespace gistmill
