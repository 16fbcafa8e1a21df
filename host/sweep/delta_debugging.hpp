// Which of many changes make the difference: the ddmin algorithm of Zeller and Hildebrandt, "Simplifying and
// Isolating Failure-Inducing Input", 2002. Knows nothing of recipes.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace gistmill {

enum class Outcome {
  good,        // as without any change
  bad,         // as with all
  unresolved,  // neither: such changes do not go together
};
using Changes = std::vector<std::size_t>;  // numbers, ascending

// The smallest set that `test` calls bad from which no single change can be left out, of changes 0 to count
// - 1. `test` must call all of them bad and none of them good; neither is asked. No set is asked twice.
Changes smallest_bad_set(std::size_t count, const std::function<Outcome(const Changes&)>& test);

}  // namespace gistmill
