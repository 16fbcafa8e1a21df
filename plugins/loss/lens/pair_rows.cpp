#include "plugins/loss/lens/pair_rows.hpp"

#include <algorithm>
#include <cmath>

#include "gistmill/vector_math.hpp"

namespace gistmill::lens {
namespace {

constexpr std::int64_t kLanes = 16;

// Of up to kLanes products; several of them are multiplied before each logarithm, in double.
template <class T>
double logarithm_of(const T* products) {
  double sum = 0;
  for (std::int64_t lane = 0; lane < kLanes; lane += 4) {
    // Products of float are below 1e30 each, four of them below what double holds.
    const double low = static_cast<double>(products[lane]) * static_cast<double>(products[lane + 1]);
    const double high = static_cast<double>(products[lane + 2]) * static_cast<double>(products[lane + 3]);
    sum += std::log(low) + std::log(high);
  }
  return sum;
}

template <class T>
GISTMILL_INLINE PairRow<T> row(std::int64_t count, const T* e, T r, int group, T* slope) {
  PairRow<T> all;
  for (std::int64_t begin = 0; begin < count;) {
    const std::int64_t whole = std::min<std::int64_t>(group, (count - begin) / kLanes);
    T products[kLanes];
    T slopes[kLanes];
    std::fill(products, products + kLanes, T(1));
    std::fill(slopes, slopes + kLanes, T(0));
    for (std::int64_t k = 0; k < whole; ++k) {
      const T* const from = e + begin + k * kLanes;
      T* const to = slope + begin + k * kLanes;
#pragma omp simd
      for (std::int64_t lane = 0; lane < kLanes; ++lane) {
        const T t = from[lane] * r;
        const T factor = 1 + t;
        const T p = t / factor;
        products[lane] *= factor;
        to[lane] += p;
        slopes[lane] += p;
      }
    }
    begin += whole * kLanes;
    if (whole == 0) {  // fewer than kLanes are left
      for (std::int64_t lane = 0; begin < count; ++begin, ++lane) {
        const T t = e[begin] * r;
        products[lane] = 1 + t;
        slopes[lane] = t / (1 + t);
        slope[begin] += slopes[lane];
      }
    }
    all.logarithms += logarithm_of(products);
    for (const T p : slopes) all.slopes += static_cast<double>(p);
  }
  return all;
}

GISTMILL_CLONES PairRow<float> row_of(std::int64_t count, const float* e, float r, int group, float* slope) {
  return row(count, e, r, group, slope);
}
GISTMILL_CLONES PairRow<double> row_of(std::int64_t count, const double* e, double r, int group,
                                       double* slope) {
  return row(count, e, r, group, slope);
}

}  // namespace

PairRow<float> pair_row(std::int64_t count, const float* e, float r, int group, float* slope) {
  return row_of(count, e, r, group, slope);
}
PairRow<double> pair_row(std::int64_t count, const double* e, double r, int group, double* slope) {
  return row_of(count, e, r, group, slope);
}

}  // namespace gistmill::lens
