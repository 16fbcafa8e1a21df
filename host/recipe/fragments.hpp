// Lists of calls that several pipelines share: [fragments] original = ["teacher.read", ...], "@original".
#pragma once

#include "host/recipe/value.hpp"

namespace gistmill {

// Puts the calls of a fragment in the place of every "@name" among the steps and insertions of `recipe`'s
// pipelines, and takes [fragments] away. A fragment may use others. Throws Failure (ExitCode::recipe): an
// unknown fragment, one that uses itself, one that is no list.
void expand_fragments(Value& recipe);

}  // namespace gistmill
