#include "plugins/loss/common/logit_loops.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "gistmill/vector_math.hpp"

namespace gistmill::loss {
namespace {

// Sums of so many are f32, sums of those are f64.
constexpr std::int64_t kChunk = 1024;

GISTMILL_CLONES float maximum(std::int64_t count, const float* z) {
  float top = -std::numeric_limits<float>::infinity();
#pragma omp simd reduction(max : top)
  for (std::int64_t i = 0; i < count; ++i) top = z[i] > top ? z[i] : top;
  return top;
}

GISTMILL_CLONES double sum(std::int64_t count, const float* z, float scale, float top) {
  double all = 0;
  for (std::int64_t begin = 0; begin < count; begin += kChunk) {
    const std::int64_t end = std::min(begin + kChunk, count);
    float chunk = 0;
#pragma omp simd reduction(+ : chunk)
    for (std::int64_t i = begin; i < end; ++i) chunk += exponential((z[i] - top) * scale);
    all += chunk;
  }
  return all;
}

// A logarithm of a sum as two floats, so that its rounding does not appear as a factor of all probabilities.
struct Split {
  explicit Split(const Term& term)
      : factor(static_cast<float>(term.factor)),
        high(static_cast<float>(term.log_sum)),
        low(static_cast<float>(term.log_sum - high)) {}
  float factor, high, low;
};

GISTMILL_CLONES void one_term(std::int64_t count, Split a, float scale, float* z) {
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) z[i] = a.factor * exponential((z[i] * scale - a.high) - a.low);
}

GISTMILL_CLONES void two_terms(std::int64_t count, Split a, float a_scale, Split b, float b_scale, float* z) {
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) {
    z[i] = a.factor * exponential((z[i] * a_scale - a.high) - a.low) +
           b.factor * exponential((z[i] * b_scale - b.high) - b.low);
  }
}

}  // namespace

LogSums log_sums(std::int64_t count, const float* z, float scale) {
  const float top = maximum(count, z);
  if (std::isinf(top) && top < 0) return {top, top};
  const double one = top + std::log(sum(count, z, 1, top));
  if (scale == 1) return {one, one};
  return {one, static_cast<double>(top) * scale + std::log(sum(count, z, scale, top))};
}

void to_gradient(std::int64_t count, const Term& first, const Term& second, float* z) {
  if (first.factor == 0 && second.factor == 0) {
    std::fill(z, z + count, 0.0f);
  } else if (second.factor == 0) {
    one_term(count, Split(first), first.scale, z);
  } else if (first.factor == 0) {
    one_term(count, Split(second), second.scale, z);
  } else {
    two_terms(count, Split(first), first.scale, Split(second), second.scale, z);
  }
}

}  // namespace gistmill::loss
