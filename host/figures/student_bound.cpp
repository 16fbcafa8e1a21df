// In double alone: what Boost prepares for long double as a program starts ends it under valgrind, which has
// no long double.
#include "host/figures/student_bound.hpp"

#include <boost/math/distributions/students_t.hpp>

#include <limits>

namespace gistmill {

double student_bound(std::int64_t degrees) {
  if (degrees < 1) return std::numeric_limits<double>::infinity();
  using Double = boost::math::policies::policy<boost::math::policies::promote_double<false>>;
  const boost::math::students_t_distribution<double, Double> distribution(static_cast<double>(degrees));
  return boost::math::quantile(boost::math::complement(distribution, 0.025));
}

}  // namespace gistmill
