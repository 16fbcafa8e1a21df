#include "plugins/store/topk/codec.hpp"

#include <algorithm>
#include <cmath>

namespace gistmill::topk {
namespace {

constexpr float kWidest = 32;  // nats
constexpr float kCodes = 255;

// log sum exp of a row; its first is the largest
double log_sum(const float* values, std::int64_t count) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += std::exp(static_cast<double>(values[i]) - values[0]);
  return values[0] + std::log(sum);
}

}  // namespace

RowScale encode_row(const float* log_probability, std::int64_t count, std::uint8_t* code) {
  const float top = log_probability[0];
  const float range = std::min(top - log_probability[count - 1], kWidest);
  const RowScale scale{range / kCodes, static_cast<float>(log_sum(log_probability, count))};
  for (std::int64_t i = 0; i < count; ++i) {
    const float below = std::min(top - log_probability[i], range);
    code[i] = scale.step > 0 ? static_cast<std::uint8_t>(std::lround(below / scale.step)) : std::uint8_t{0};
  }
  return scale;
}

void decode_row(const std::uint8_t* code, const RowScale& scale, std::int64_t count, float* log_probability) {
  for (std::int64_t i = 0; i < count; ++i) log_probability[i] = -static_cast<float>(code[i]) * scale.step;
  const auto shift = static_cast<float>(scale.log_sum - log_sum(log_probability, count));
  for (std::int64_t i = 0; i < count; ++i) log_probability[i] += shift;
}

double excess(const float* exact, const float* stored, std::int64_t count) {
  double sum = 0;
  double left_exact = 1;
  double left_stored = 1;
  for (std::int64_t i = 0; i < count; ++i) {
    const double q = std::exp(static_cast<double>(exact[i]));
    if (q > 0) sum += q * (static_cast<double>(exact[i]) - stored[i]);
    left_exact -= q;
    left_stored -= std::exp(static_cast<double>(stored[i]));
  }
  // Below what f32 tells from 0, both buckets are empty.
  constexpr double kLeast = 1e-6;
  if (left_exact > kLeast) sum += left_exact * std::log(left_exact / std::max(left_stored, kLeast));
  return sum;
}

}  // namespace gistmill::topk
