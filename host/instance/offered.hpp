// Components that a verb finds by the operations that they offer, where no recipe and no model's file names
// one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host/instance/instance.hpp"
#include "host/recipe/value.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

// Those that offer all `operations`, in the order of their names.
std::vector<const ComponentSpec*> components_offering(const std::vector<std::string>& operations,
                                                      const Registry& registry);

// A component by itself, under its own name, with these options; not started. Throws Failure for an option
// that it does not have or take.
std::unique_ptr<Instance> instance_of(const ComponentSpec& spec, Value::Table options, Registry& registry);

// The one that does, or that `options` name as `ROLE.use`; with its options of `options`, a table of roles
// (parse_overrides), started. Throws Failure: (ExitCode::plugin) where none does; (ExitCode::usage) where
// several do, or for an option that it does not have.
std::unique_ptr<Instance> start_offering(const std::vector<std::string>& operations, const Value& options,
                                         Registry& registry);

}  // namespace gistmill
