// Divergences of distributions that are known at some tokens.
#include "plugins/loss/common/buckets.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <cmath>

#include "gistmill/plugin/values.hpp"
#include "tests/plugins/support/gradient_check.hpp"

namespace gistmill::loss {
namespace {

using gistmill::test::random_normal;
using ::testing::HasSubstr;

at::Tensor some(std::int64_t rows, std::int64_t tokens, std::int64_t vocabulary, std::uint64_t seed) {
  return at::log_softmax(2 * random_normal({rows, vocabulary}, seed), 1).narrow(1, 0, tokens);
}
at::Tensor buckets_of(const at::Tensor& known, bool whole_vocabulary = false,
                      Direction direction = Direction::forward) {
  return teacher_buckets(known, whole_vocabulary, direction);
}
double tail(const at::Tensor& buckets, std::int64_t row = 0) {
  return buckets[row][buckets.size(1) - 1].exp().item<double>();
}

TEST(TeacherBuckets, HaveWhatIsLeftOfOneInTheLast) {
  const at::Tensor known = at::tensor({0.5, 0.25, 0.125}, at::kDouble).log().unsqueeze(0);
  EXPECT_NEAR(tail(buckets_of(known)), 0.125, 1e-15);
}

TEST(TeacherBuckets, HaveExactlyNothingLeftWhereAllTokensAreKnown) {
  const at::Tensor buckets = buckets_of(some(50, 20, 20, 1).to(at::kFloat), true);
  for (std::int64_t row = 0; row < 50; ++row) EXPECT_EQ(tail(buckets, row), 0.0);
  EXPECT_TRUE(at::allclose(buckets.exp().sum(1), at::ones({50}, at::kDouble), 0, 1e-14));
}

TEST(TeacherBuckets, OfProbabilitiesThatSumAboveOneByRoundingAreADistribution) {
  const at::Tensor known = at::tensor({0.75f, 0.25f, 1e-6f}).log().unsqueeze(0);
  const at::Tensor buckets = buckets_of(known);
  EXPECT_EQ(tail(buckets), 0.0);
  EXPECT_NEAR(buckets.exp().sum().item<double>(), 1.0, 1e-14);
}

TEST(TeacherBuckets, OfWhatCannotBeProbabilitiesAreRefused) {
  for (const double bad : {3.0, std::nan("")}) {
    try {
      buckets_of(at::full({2, 3}, bad, at::kFloat));
      ADD_FAILURE() << bad << " was accepted";
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("when they should sum to at most 1"));
      EXPECT_EQ(error.key, "topk_log_probability");
    }
  }
}

class EitherDirection : public ::testing::TestWithParam<Direction> {};
INSTANTIATE_TEST_SUITE_P(Divergence, EitherDirection,
                         ::testing::Values(Direction::forward, Direction::reverse));

TEST_P(EitherDirection, IsNeverNegative) {
  for (std::uint64_t seed = 1; seed < 60; ++seed) {
    const at::Tensor teacher = buckets_of(some(40, 5, 30, seed));
    const at::Tensor student = buckets_of(some(40, 5, 30, seed + 1000));
    EXPECT_GE(divergence(teacher, student, GetParam()).kl.min().item<double>(), 0.0) << seed;
    const at::Tensor near = buckets_of(some(40, 5, 30, seed) + 1e-4);
    EXPECT_GE(divergence(teacher, near, GetParam()).kl.min().item<double>(), -1e-15) << seed;
  }
}

TEST_P(EitherDirection, IsZeroAndFlatWhereBothAreTheSame) {
  const at::Tensor same = buckets_of(some(40, 5, 30, 1));
  const Divergence found = divergence(same, same, GetParam());
  EXPECT_LT(found.kl.abs().max().item<double>(), 1e-15);
  EXPECT_LT(found.gradient.abs().max().item<double>(), 1e-15);
}

TEST_P(EitherDirection, IsFiniteWhereTheTeacherThinksTokensImpossible) {
  at::Tensor known = some(3, 5, 30, 1).clone();
  known.select(1, 4).fill_(-INFINITY);
  const at::Tensor full = at::tensor({0.75f, 0.25f, 1e-6f, 1e-9f, 1e-9f}).log().to(at::kDouble).unsqueeze(0);
  const at::Tensor teacher = buckets_of(at::cat({known, full}), false, GetParam());
  const Divergence found = divergence(teacher, buckets_of(some(4, 5, 30, 2)), GetParam());
  EXPECT_TRUE(found.kl.isfinite().all().item<bool>());
  EXPECT_TRUE(found.gradient.isfinite().all().item<bool>());
}

}  // namespace
}  // namespace gistmill::loss
