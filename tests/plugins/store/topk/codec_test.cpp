// Logarithms as one byte each.
#include "plugins/store/topk/codec.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <vector>

namespace gistmill::topk {
namespace {

// Falls from `first` by `step` a token, and more in the tail.
std::vector<float> falling(std::size_t count, float first, float step) {
  std::vector<float> row;
  for (std::size_t i = 0; i < count; ++i) row.push_back(first - step * static_cast<float>(i));
  return row;
}
std::vector<float> decoded(const std::vector<float>& row) {
  std::vector<std::uint8_t> code(row.size());
  const auto count = static_cast<std::int64_t>(row.size());
  const RowScale scale = encode_row(row.data(), count, code.data());
  std::vector<float> found(row.size());
  decode_row(code.data(), scale, count, found.data());
  return found;
}
double total(const std::vector<float>& row) {
  double sum = 0;
  for (const float value : row) sum += std::exp(static_cast<double>(value));
  return sum;
}

TEST(Codec, KeepsEveryLogarithmToHalfAStep) {
  const std::vector<float> row = falling(64, -0.7f, 0.21f);
  const std::vector<float> found = decoded(row);
  const float step = 63 * 0.21f / 255;
  for (std::size_t i = 0; i < row.size(); ++i) EXPECT_NEAR(found[i], row[i], step) << i;
}

TEST(Codec, KeepsTheTotalProbabilityOfARow) {
  for (const float fall : {0.0f, 0.01f, 0.5f, 3.0f}) {
    const std::vector<float> row = falling(64, fall == 0 ? -5.0f : -0.9f - 3 / (1 + 10 * fall), fall);
    EXPECT_NEAR(total(decoded(row)), total(row), 1e-6 * total(row)) << fall;
  }
}

TEST(Codec, KeepsARowOfOneToken) { EXPECT_NEAR(decoded({-0.3f})[0], -0.3f, 1e-7f); }

TEST(Codec, StoresWhatIsImpossibleAsTheLeastThatItHas) {
  const std::vector<float> found = decoded({-0.1f, -3.0f, -INFINITY});
  EXPECT_NEAR(found[0], -0.1f, 0.07f);
  EXPECT_NEAR(found[2], found[0] - 32, 1e-3f);
}

TEST(Excess, IsZeroOfTheSameAndRisesWithTheError) {
  const std::vector<float> row = falling(64, -0.7f, 0.21f);
  EXPECT_EQ(excess(row.data(), row.data(), 64), 0.0);
  std::vector<float> off = row;
  double last = 0;
  for (const float error : {0.01f, 0.1f, 0.5f}) {
    off[0] = row[0] - error;
    const double found = excess(row.data(), off.data(), 64);
    EXPECT_GT(found, last);
    last = found;
  }
}

TEST(Excess, OfABytePerTokenIsBelowAFifthOfTheGate) {
  const std::vector<float> row = falling(64, -0.7f, 0.21f);
  const std::vector<float> found = decoded(row);
  EXPECT_LT(excess(row.data(), found.data(), 64), 2e-4);
  EXPECT_GE(excess(row.data(), found.data(), 64), 0.0);
}

}  // namespace
}  // namespace gistmill::topk
