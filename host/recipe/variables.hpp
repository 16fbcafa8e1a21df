// ${name} in strings, from the recipe's table [variables].
#pragma once

#include "host/recipe/value.hpp"

namespace gistmill {

// Fills in every string of `recipe`, in place; variables may use others. A string that is one ${name} takes
// the variable's value and type; within other text a variable must be a string, number or boolean.
// "$${" stands for a literal "${". Throws Failure (ExitCode::recipe): unknown variable, one that uses itself,
// a list or table within text, an override of a variable that no layer defines or uses.
void substitute_variables(Value& recipe);

// The reverse for what is left after that: every "${" is meant literally, and is written "$${".
void escape_variables(Value& value);

}  // namespace gistmill
