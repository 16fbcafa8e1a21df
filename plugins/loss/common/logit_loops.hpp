// Row loops over f32 logits on the CPU: plain loops over memory, in the instruction set of the machine. Which
// blocks of logits there are is row_losses.cpp's affair.
#pragma once

#include <cstdint>

namespace gistmill::loss {

struct LogSums {
  double one = 0;             // log sum exp(z)
  double at_temperature = 0;  // log sum exp(z * scale)
};
// z [count]; -infinity where everything is.
LogSums log_sums(std::int64_t count, const float* z, float scale);

// A term of a gradient: factor * exp(z * scale - log_sum). None where the factor is 0.
struct Term {
  double factor = 0;
  double log_sum = 0;
  float scale = 1;
};
// z [count] -> the sum of both terms, in place
void to_gradient(std::int64_t count, const Term& first, const Term& second, float* z);

}  // namespace gistmill::loss
