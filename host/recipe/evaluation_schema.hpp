// [evaluations.NAME] with its variants. See schema.hpp.
#pragma once

#include <optional>
#include <string>

#include "host/recipe/fields.hpp"
#include "host/recipe/recipe.hpp"

namespace gistmill {

// Throws Failure (ExitCode::recipe).
Evaluation read_evaluation(const std::string& name, const Value& value);

// The key `minutes`, at least 0; none where it is not given.
std::optional<double> minutes_of(const Fields& fields);

}  // namespace gistmill
