// Student's t, for intervals of 95 %.
#pragma once

#include <cstdint>

namespace gistmill {

// Two-sided 5 % bound: the interval is this many standard errors to each side. Infinite below one degree of
// freedom.
double student_bound(std::int64_t degrees);

}  // namespace gistmill
