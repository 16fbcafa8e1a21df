// Reads what a component's manifest says of sizes: symbols.<letter>, and most of an operation.
#pragma once

#include <string>
#include <vector>

#include "host/recipe/fields.hpp"
#include "host/registry/manifest.hpp"

namespace gistmill {

// All throw Failure (ExitCode::plugin) at the place of what is wrong.

// `path`: "components.\"loss/kl\".symbols". The component has its options.
SymbolSpec read_symbol(const std::string& name, const Value& value, const std::string& path,
                       const ComponentSpec& component);

// `fields`: those of the operation, which has its ports. The component has its symbols.
std::vector<SizeLimit> read_most(const Fields& fields, const OperationSpec& operation,
                                 const ComponentSpec& component);

}  // namespace gistmill
