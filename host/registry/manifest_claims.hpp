// What a component's manifest says of contracts: which it fulfils, and which of their options it has.
#pragma once

#include <string>
#include <vector>

#include "host/recipe/fields.hpp"
#include "host/recipe/value.hpp"
#include "host/registry/contract.hpp"

namespace gistmill {

// The contracts that the manifest lists under `fulfils`; without a list the contract of the role's own name,
// if there is one. Throws Failure (ExitCode::plugin), as all here: no contract has this name.
std::vector<std::string> read_fulfils(const Fields& fields, const ComponentSpec& component,
                                      const std::vector<Contract>& contracts);

// options.position = { contract = "gistnet" }: as the contract has it. `path`: as of read_option.
OptionSpec take_option(const std::string& key, const Value& value, const std::string& path,
                       const ComponentSpec& component, const std::vector<Contract>& contracts);

// Holds the component, read from `value`, to every contract that it fulfils.
void check_claims(const Fields& fields, const Value& value, const ComponentSpec& component,
                  const std::vector<Contract>& contracts);

}  // namespace gistmill
