// What the recipe wants of an evaluation's figures, and what came out, as a table for the page.
#pragma once

#include <string>

#include "host/figures/evaluation.hpp"

namespace gistmill {

// One row for each figure with a target: the target, and each trained variant's value with its verdict; of
// the others, which meet it too. "" where the recipe names no target.
std::string target_table(const EvaluationTable& table);

}  // namespace gistmill
