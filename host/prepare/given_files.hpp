// Files that a recipe names where it could have them made: whether they were made with what the run has.
// A file that the run prepares is named by what it is made with, and needs no such look.
#pragma once

#include <cstddef>
#include <vector>

#include "host/plan/parts.hpp"
#include "host/prepare/starting_parameters.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

// Looks at the instances of part number `index` that have an option for a pipeline, empty, and one for a
// file, given. What of the file's makers decides its contents, the instance says as `made_by` of its
// description (docs/plugins.md); each is held against the recipe's component of that name: component,
// contents of files and parameters, and options where it has neither. `starting`: null before the run, when
// what stages train is not known yet. Throws Failure naming both where they differ.
void check_given_files(const std::vector<Part>& parts, std::size_t index, Registry& registry,
                       const StartingPoints* starting);

// The same of all parts, before the run.
void check_given_files(const std::vector<Part>& parts, Registry& registry);

}  // namespace gistmill
