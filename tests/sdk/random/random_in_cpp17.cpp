// Only compiled, as C++17: what plugin authors may use random.hpp with.
#include "gistmill/random.hpp"

static_assert(__cplusplus < 202002L, "compiled as C++17");

std::uint64_t first_number_in_cpp17(std::uint64_t key) { return gistmill::KeyedRandom(key).next(); }
