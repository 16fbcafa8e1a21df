// Whether a component keeps a contract that it says it fulfils.
#pragma once

#include "host/recipe/value.hpp"
#include "host/registry/contract.hpp"

namespace gistmill {

// Throws Failure (ExitCode::plugin) where `component` lacks what the contract asks for. It may have more
// ports and operations. `written`: its table in the manifest, where errors find their place; `claim`: the
// place of one for which nothing is written.
void check_contract(const ComponentSpec& component, const Contract& contract, const Value& written,
                    const Origin& claim);

}  // namespace gistmill
