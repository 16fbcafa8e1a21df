// Losses of rows, value and gradients, against the definition in f64 through autograd.
#include "plugins/loss/common/row_losses.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <tuple>

#include "gistmill/plugin/work.hpp"
#include "tests/plugins/loss/distillation/plain_distillation.hpp"
#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/support/peak_memory.hpp"

namespace gistmill::loss {
namespace {

using gistmill::test::peak_rise;
using gistmill::test::random_normal;
using test::plain_distillation;
using test::set_teacher;

constexpr Wanted kBoth{true, true};

RowProblem make(std::int64_t rows, std::int64_t vocabulary, std::int64_t size,
                at::ScalarType type = at::kDouble) {
  RowProblem problem;
  problem.hidden = random_normal({rows, size}, 1).to(type);
  problem.head = random_normal({vocabulary, size}, 2).to(type);
  problem.targets = (random_normal({rows}, 3).abs() * vocabulary / 3).to(at::kLong).clamp_max(vocabulary - 1);
  problem.weights = at::softmax(random_normal({rows}, 4), 0);
  return problem;
}
at::Tensor logits_of(const RowProblem& problem) {
  return at::mm(problem.hidden.to(at::kDouble), problem.head.to(at::kDouble).t());
}
RowProblem make_taught(std::int64_t rows, std::int64_t vocabulary, std::int64_t size, std::int64_t tokens,
                       double temperature, at::ScalarType type = at::kDouble) {
  RowProblem problem = make(rows, vocabulary, size, type);
  set_teacher(problem, 3 * random_normal({rows, vocabulary}, 5), tokens, temperature);
  return problem;
}

double relative_error(const at::Tensor& found, const at::Tensor& expected) {
  return ((found.to(at::kDouble) - expected.to(at::kDouble)).norm() / expected.norm()).item<double>();
}

// Values and both gradients against the definition's.
void expect_plain(const RowProblem& problem, const Mix& mix, double tolerance,
                  std::int64_t block_bytes = kBlockBytes) {
  const at::Tensor hidden = problem.hidden.to(at::kDouble).detach().requires_grad_(true);
  const at::Tensor head = problem.head.to(at::kDouble).detach().requires_grad_(true);
  const test::Plain plain = plain_distillation(hidden, head, problem, mix);
  const auto gradients = ::torch::autograd::grad({plain.loss}, {hidden, head});
  const RowLosses found = row_losses(problem, mix, kBoth, block_bytes);
  EXPECT_TRUE(at::allclose(found.nll, plain.nll, tolerance, tolerance));
  EXPECT_TRUE(at::allclose(found.kl, plain.kl, tolerance, tolerance));
  EXPECT_LT(relative_error(found.hidden, gradients[0]), tolerance);
  EXPECT_LT(relative_error(found.head, gradients[1]), tolerance);
}

using Case = std::tuple<Direction, double, double>;  // direction, temperature, alpha
class RowLossesOf : public ::testing::TestWithParam<Case> {
 protected:
  Mix mix() const { return {std::get<2>(GetParam()), std::get<1>(GetParam()), std::get<0>(GetParam())}; }
};
INSTANTIATE_TEST_SUITE_P(Mixes, RowLossesOf,
                         ::testing::Combine(::testing::Values(Direction::forward, Direction::reverse),
                                            ::testing::Values(1.0, 2.0, 0.7),
                                            ::testing::Values(0.0, 0.2, 1.0)));

TEST_P(RowLossesOf, EqualTheDefinitionInF64) {
  for (const std::int64_t tokens : {1, 7, 25})
    expect_plain(make_taught(23, 37, 9, tokens, mix().temperature), mix(), 1e-9);
}

TEST_P(RowLossesOf, EqualTheDefinitionInF32) {
  for (const std::int64_t tokens : {1, 64}) {
    expect_plain(make_taught(40, 3000, 33, tokens, mix().temperature, at::kFloat), mix(), 1e-5);
  }
}

TEST_P(RowLossesOf, WithAllTokensKnownEqualTheDivergenceOverTheVocabulary) {
  expect_plain(make_taught(12, 30, 9, 30, mix().temperature), mix(), 1e-9);
  expect_plain(make_taught(12, 300, 9, 300, mix().temperature, at::kFloat), mix(), 1e-5);
}

TEST_P(RowLossesOf, AreTheSameInBlocksOfAnySize) {
  const RowProblem problem = make_taught(23, 37, 9, 7, mix().temperature);
  for (const std::int64_t rows : {1, 5, 22}) expect_plain(problem, mix(), 1e-9, rows * 37 * 8);
}

TEST_P(RowLossesOf, AreZeroBetweenIdenticalModels) {
  for (const std::int64_t tokens : {1, 8, 500}) {
    RowProblem problem = make(30, 500, 16, at::kFloat);
    set_teacher(problem, logits_of(problem), tokens, mix().temperature);
    const RowLosses found = row_losses(problem, {0, mix().temperature, mix().direction}, kBoth);
    EXPECT_LT(found.kl.abs().max().item<double>(), 2e-6) << tokens;
    const at::Tensor nll = row_losses(problem, {}, kBoth).hidden;
    EXPECT_LT((found.hidden.norm() / nll.norm()).item<double>(), 1e-5) << tokens;
  }
}

TEST_P(RowLossesOf, AreThoseOfTheTokensThatAreLeftWhereTheStudentLacksSome) {
  const RowProblem all = make_taught(23, 37, 9, 7, mix().temperature);
  RowProblem fewer = all;
  fewer.topk_ids = all.topk_ids.narrow(1, 0, 4);
  fewer.topk_log_probability = all.topk_log_probability.narrow(1, 0, 4);
  RowProblem lacking = all;
  lacking.topk_ids = all.topk_ids.clone();
  lacking.topk_ids.narrow(1, 4, 3).fill_(kNoToken);
  lacking.topk_log_probability = all.topk_log_probability.clone();
  lacking.topk_log_probability.narrow(1, 4, 3).fill_(-INFINITY);
  for (const std::int64_t bytes : {kBlockBytes, std::int64_t{5} * 37 * 8}) {
    const RowLosses found = row_losses(lacking, mix(), kBoth, bytes);
    const RowLosses expected = row_losses(fewer, mix(), kBoth, bytes);
    EXPECT_TRUE(at::allclose(found.nll, expected.nll, 1e-12, 1e-12));
    EXPECT_TRUE(at::allclose(found.kl, expected.kl, 1e-12, 1e-12));
    EXPECT_TRUE(at::allclose(found.hidden, expected.hidden, 1e-12, 1e-12));
    EXPECT_TRUE(at::allclose(found.head, expected.head, 1e-12, 1e-12));
  }
}

TEST_P(RowLossesOf, OfARowWithoutAnyTokenAreTheNllAlone) {
  RowProblem lacking = make_taught(6, 37, 9, 7, mix().temperature);
  lacking.topk_ids = at::full_like(lacking.topk_ids, kNoToken);
  lacking.topk_log_probability = at::full_like(lacking.topk_log_probability, -INFINITY);
  RowProblem alone = lacking;
  alone.topk_ids = alone.topk_log_probability = at::Tensor();
  alone.weights = alone.weights * mix().alpha;
  const RowLosses found = row_losses(lacking, mix(), kBoth);
  const RowLosses expected = row_losses(alone, {}, kBoth);
  EXPECT_TRUE(at::allclose(found.nll, expected.nll, 1e-12, 1e-12));
  EXPECT_EQ(found.kl.abs().max().item<double>(), 0);
  EXPECT_TRUE(at::allclose(found.hidden, expected.hidden, 1e-12, 1e-12));
  EXPECT_TRUE(at::allclose(found.head, expected.head, 1e-12, 1e-12));
}

TEST(RowLosses, KnowTheStudentsBucketWhereItsTokensHaveNearlyAllProbability) {
  RowProblem problem = make(4, 2000, 8, at::kFloat);
  problem.hidden.mul_(6);  // the first of 2000 tokens has all but 1e-7 and less
  set_teacher(problem, logits_of(problem), 3, 1);
  problem.topk_log_probability = at::full({4, 3}, std::log(0.3), at::kDouble);
  expect_plain(problem, {0.0, 1.0, Direction::forward}, 1e-5);
}

TEST(RowLosses, WithoutATeacherAreTheNllAlone) {
  const RowProblem taught = make_taught(23, 37, 9, 7, 2);
  RowProblem alone = taught;
  alone.topk_ids = at::Tensor();
  alone.topk_log_probability = at::Tensor();
  const RowLosses with = row_losses(taught, {1, 2, Direction::forward}, kBoth);
  const RowLosses without = row_losses(alone, {}, kBoth);
  EXPECT_TRUE(at::allclose(with.nll, without.nll, 1e-12, 1e-12));
  EXPECT_TRUE(at::allclose(with.hidden, without.hidden, 1e-12, 1e-12));
  EXPECT_TRUE(at::allclose(with.head, without.head, 1e-12, 1e-12));
  EXPECT_FALSE(without.kl.defined());
}

TEST(RowLosses, ComputeNoGradientThatIsNotWanted) {
  const RowProblem problem = make_taught(10, 300, 8, 7, 2);
  gm_work work = gistmill::detail::empty_work();
  RowLosses found;
  {
    const gistmill::detail::WorkScope scope(&work);
    found = row_losses(problem, {0.2, 2, Direction::forward}, {true, false});
  }
  EXPECT_FALSE(found.head.defined());
  EXPECT_EQ(work.flops, 4.0 * 10 * 300 * 8);
}

TEST(RowLosses, OfBfloat16AreNearThoseOfItsValues) {
  // Vocabularies of whole tiles and not, widths that tiles take and do not.
  for (const auto& [vocabulary, size] : {std::pair{700, 32}, {512, 32}, {700, 31}}) {
    const RowProblem problem = make_taught(40, vocabulary, size, 16, 2, at::kBFloat16);
    const RowLosses found = row_losses(problem, {0.2, 2, Direction::forward}, kBoth);
    EXPECT_EQ(found.hidden.scalar_type(), at::kBFloat16);
    EXPECT_EQ(found.head.scalar_type(), at::kFloat);
    expect_plain(problem, {0.2, 2, Direction::forward}, 3e-2);
    expect_plain(problem, {0.2, 2, Direction::forward}, 3e-2, 7 * 4 * vocabulary);
  }
}

TEST(RowLosses, NeverHoldLogitsOfAllRows) {
  const RowProblem problem = make_taught(1024, 16384, 8, 4, 2, at::kFloat);
  const Mix mix{0.2, 2, Direction::forward};
  const std::int64_t logits = 1024 * 16384 * 4;
  EXPECT_LT(peak_rise([&] { row_losses(problem, mix, kBoth, logits / 16); }), logits / 3);
  // The measure is real: one block of all rows is seen.
  EXPECT_GT(peak_rise([&] { row_losses(problem, mix, kBoth, logits); }), logits * 3 / 4);
}

TEST(RowLosses, LetNanThrough) {
  RowProblem problem = make_taught(3, 300, 8, 5, 2, at::kFloat);
  problem.hidden[1][2] = std::nanf("");
  const RowLosses found = row_losses(problem, {0.2, 2, Direction::forward}, {});
  EXPECT_TRUE(found.nll[1].isnan().item<bool>());
  EXPECT_TRUE(found.kl[1].isnan().item<bool>());
  EXPECT_FALSE(found.kl[0].isnan().item<bool>());
}

}  // namespace
}  // namespace gistmill::loss
