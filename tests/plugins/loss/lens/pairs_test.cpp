// The pairs beside a plain loop over them.
#include "plugins/loss/lens/pairs.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <string>

#include <gistmill/random.hpp>

#include "tests/plugins/support/peak_memory.hpp"

namespace gistmill::lens {
namespace {

struct Case {
  std::int64_t count = 0;
  double spread = 1;  // scores are within
  PairSettings settings;
  std::string name;
};

template <class T>
std::vector<T> uniform(std::int64_t count, double spread, std::uint64_t seed) {
  KeyedRandom random(seed);
  std::vector<T> values;
  for (std::int64_t i = 0; i < count; ++i) values.push_back(static_cast<T>(spread * (2 * random.unit() - 1)));
  return values;
}

// Every pair, in double.
template <class T>
PairLoss plain(const std::vector<T>& u, const std::vector<T>& y, const PairSettings& settings,
               std::vector<double>& gradient) {
  PairLoss loss;
  const T margin = static_cast<T>(settings.margin);
  for (std::size_t i = 0; i < u.size(); ++i) {
    for (std::size_t j = 0; j < u.size(); ++j) {
      if (!(y[i] > y[j] + margin)) continue;
      const double x = (static_cast<double>(u[j]) - static_cast<double>(u[i])) / settings.temperature;
      loss.pairs += 1;
      loss.value += std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
      const double slope = 1 / (1 + std::exp(-x)) / settings.temperature;
      gradient[j] += slope;
      gradient[i] -= slope;
    }
  }
  if (loss.pairs == 0) return loss;
  loss.value /= loss.pairs;
  for (double& one : gradient) one /= loss.pairs;
  return loss;
}

class Pairs : public ::testing::TestWithParam<Case> {};

template <class T>
void expect_plain(const Case& one, double tolerance) {
  const std::vector<T> u = uniform<T>(one.count, one.spread, 1);
  std::vector<T> y = uniform<T>(one.count, 1, 2);
  for (std::size_t i = 0; i + 1 < y.size(); i += 5) y[i] = y[i + 1];  // ties
  std::vector<double> found(u.size(), 0.0), expected(u.size(), 0.0);
  const PairLoss all = pair_loss(one.count, u.data(), y.data(), one.settings, 1, found.data());
  const PairLoss each = plain(u, y, one.settings, expected);
  EXPECT_EQ(all.pairs, each.pairs);
  EXPECT_NEAR(all.value, each.value, tolerance * std::max(1.0, each.value));
  double largest = 0;
  for (const double gradient : expected) largest = std::max(largest, std::abs(gradient));
  for (std::size_t i = 0; i < u.size(); ++i) ASSERT_NEAR(found[i], expected[i], tolerance * largest) << i;
}

TEST_P(Pairs, HaveTheLossAndSlopesOfALoopOverThemInSinglePrecision) { expect_plain<float>(GetParam(), 1e-5); }
TEST_P(Pairs, HaveTheLossAndSlopesOfALoopOverThemInDouble) { expect_plain<double>(GetParam(), 1e-12); }

INSTANTIATE_TEST_SUITE_P(
    Kinds, Pairs,
    ::testing::Values(Case{0, 1, {}, "None"}, Case{1, 1, {}, "One"}, Case{2, 1, {}, "Two"},
                      Case{17, 1, {}, "Few"}, Case{700, 1, {}, "AsTheSource"},
                      Case{700, 1, {0, 0.1}, "BradleyTerry"}, Case{300, 1, {0, 0.04}, "NearTheWidest"},
                      Case{300, 1, {0, 0.01}, "WiderThanExponentials"}, Case{300, 1, {1.5, 1}, "FewPairs"},
                      Case{300, 1, {2, 1}, "NoPairs"}, Case{300, 0, {}, "EqualScores"}),
    [](const auto& each) { return each.param.name; });

TEST(PairMemory, GrowsWithTheEntriesAndNotWithTheirPairs) {
  const std::vector<float> u = uniform<float>(20000, 1, 1), y = uniform<float>(20000, 1, 2);
  std::vector<double> gradient(u.size(), 0.0);
  PairLoss loss;
  const std::int64_t rise =
      test::peak_rise([&] { loss = pair_loss(20000, u.data(), y.data(), {}, 1, gradient.data()); });
  EXPECT_GT(loss.pairs, 1.5e8);
  EXPECT_LT(rise, 64 << 20) << "a tensor of pairs would have 1.6 GB";
}

}  // namespace
}  // namespace gistmill::lens
