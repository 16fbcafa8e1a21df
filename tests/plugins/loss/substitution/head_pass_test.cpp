// The fused pass through the head, and the plain one in blocks, against all logits in f64.
#include "plugins/loss/substitution/head_pass.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <limits>

#include "gistmill/plugin/work.hpp"
#include "plugins/loss/substitution/head_tiles.hpp"
#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/support/peak_memory.hpp"

namespace gistmill::substitution {
namespace {

using test::peak_rise;
using test::random_normal;

struct Problem {
  at::Tensor hidden;   // [M, D]
  at::Tensor head;     // [V, D]
  at::Tensor targets;  // i64 [M]
};

Problem make(std::int64_t rows, std::int64_t vocabulary, std::int64_t size, at::ScalarType type) {
  const at::Tensor targets = (random_normal({rows}, 3).abs() * vocabulary / 3).to(at::kLong);
  return {random_normal({rows, size}, 1, at::kDouble).to(type),
          random_normal({vocabulary, size}, 2, at::kDouble).to(type), targets.clamp_max(vocabulary - 1)};
}

HeadPass from_all_logits(const Problem& problem, double temperature) {
  const at::Tensor head = problem.head.to(at::kDouble);
  const at::Tensor logits = at::mm(problem.hidden.to(at::kDouble), head.t());
  const at::Tensor chosen = logits.gather(1, problem.targets.unsqueeze(1)).squeeze(1);
  return {logits.logsumexp(1) - chosen, (logits / temperature).logsumexp(1),
          at::mm(at::softmax(logits / temperature, 1), head)};
}

void expect_close(const HeadPass& found, const HeadPass& expected, double tolerance, double mean_tolerance) {
  EXPECT_TRUE(at::allclose(found.nll, expected.nll, tolerance, tolerance));
  EXPECT_TRUE(at::allclose(found.log_sum, expected.log_sum, tolerance, tolerance));
  const at::Tensor error = found.mean_row.to(at::kDouble) - expected.mean_row;
  EXPECT_LT((error.norm() / expected.mean_row.norm()).item<double>(), mean_tolerance);
}

bool same_bits(const HeadPass& a, const HeadPass& b) {
  return at::equal(a.nll, b.nll) && at::equal(a.log_sum, b.log_sum) && at::equal(a.mean_row, b.mean_row);
}

// Threads that ATen uses, put back at the end.
class Threads {
 public:
  explicit Threads(int count) : before_(at::get_num_threads()) { at::set_num_threads(count); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;
  ~Threads() { at::set_num_threads(before_); }

 private:
  int before_;
};

struct Shape {
  std::int64_t rows, vocabulary, size;
};
class HeadPassOfAnyShape : public ::testing::TestWithParam<Shape> {};
// Rows: one, some, whole tiles, several sweeps. Vocabulary: less than a tile, whole tiles, a tail. Odd sizes.
INSTANTIATE_TEST_SUITE_P(Shapes, HeadPassOfAnyShape,
                         ::testing::Values(Shape{1, 1, 1}, Shape{3, 5, 7}, Shape{128, 512, 16},
                                           Shape{130, 1000, 23}, Shape{1100, 300, 8}, Shape{40, 777, 64}));

TEST_P(HeadPassOfAnyShape, InTilesEqualsAllLogits) {
  const auto [rows, vocabulary, size] = GetParam();
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    const Problem problem = make(rows, vocabulary, size, type);
    if (!tiles_handle(problem.head)) continue;
    for (const double temperature : {1.0, 0.7}) {
      const HeadPass found =
          head_pass_in_tiles(problem.hidden, problem.head, problem.targets, temperature, MeanRow::compute);
      expect_close(found, from_all_logits(problem, temperature), 1e-5, type == at::kFloat ? 1e-5 : 4e-3);
    }
  }
}

TEST_P(HeadPassOfAnyShape, InBlocksEqualsAllLogits) {
  const auto [rows, vocabulary, size] = GetParam();
  const Problem problem = make(std::min<std::int64_t>(rows, 130), vocabulary, size, at::kDouble);
  for (const std::int64_t block_bytes : {3 * vocabulary * 8, std::int64_t{1} << 30}) {
    expect_close(head_pass_in_blocks(problem.hidden, problem.head, problem.targets, 0.7, MeanRow::compute,
                                     block_bytes),
                 from_all_logits(problem, 0.7), 1e-12, 1e-12);
  }
}

TEST(HeadPassInTiles, EqualsAllLogitsWhereTheyLieFarApart) {
  Problem problem = make(4, 600, 8, at::kFloat);
  problem.hidden.mul_(40);  // logits of hundreds: the maximum moves by more than f32's exponential reaches
  const HeadPass found =
      head_pass_in_tiles(problem.hidden, problem.head, problem.targets, 1, MeanRow::compute);
  expect_close(found, from_all_logits(problem, 1), 1e-5, 1e-5);
}

TEST(HeadPassInTiles, GivesTheSameBitsAgainAndNearlyTheSameForOtherThreads) {
  const Problem problem = make(70, 1500, 32, at::kFloat);
  const auto pass = [&](int threads) {
    const Threads set(threads);
    return head_pass_in_tiles(problem.hidden, problem.head, problem.targets, 1, MeanRow::compute);
  };
  const HeadPass two = pass(2);
  EXPECT_TRUE(same_bits(two, pass(2)));
  for (const int threads : {1, 3}) expect_close(pass(threads), two, 1e-6, 1e-6);
}

TEST(HeadPassInTiles, GivesTheSameSumsWithoutMeanRows) {
  const Problem problem = make(70, 1500, 32, at::kFloat);
  const HeadPass with =
      head_pass_in_tiles(problem.hidden, problem.head, problem.targets, 1, MeanRow::compute);
  const HeadPass without =
      head_pass_in_tiles(problem.hidden, problem.head, problem.targets, 1, MeanRow::skip);
  EXPECT_TRUE(at::equal(with.nll, without.nll));
  EXPECT_FALSE(without.mean_row.defined());
}

TEST(HeadPassInTiles, NeverHoldsLogitsOfAllRows) {
  const Problem problem = make(1024, 49152, 16, at::kFloat);
  const std::int64_t logits = problem.hidden.size(0) * problem.head.size(0) * 4;
  EXPECT_LT(peak_rise([&] {
              head_pass_in_tiles(problem.hidden, problem.head, problem.targets, 1, MeanRow::compute);
            }),
            logits / 8);
  // The measure is real: one that holds them is seen to.
  EXPECT_GT(peak_rise([&] {
              head_pass_in_blocks(problem.hidden, problem.head, problem.targets, 1, MeanRow::compute, logits);
            }),
            logits / 2);
}

TEST(HeadPassInTiles, LetsNanThrough) {
  Problem problem = make(3, 300, 8, at::kFloat);
  problem.hidden[1][2] = std::numeric_limits<float>::quiet_NaN();
  const HeadPass found =
      head_pass_in_tiles(problem.hidden, problem.head, problem.targets, 1, MeanRow::compute);
  EXPECT_TRUE(found.nll[1].isnan().item<bool>());
  EXPECT_FALSE(found.nll[0].isnan().item<bool>());
}

TEST(HeadPassAccount, CountsTheProductsThatItNeeds) {
  const Problem problem = make(10, 300, 8, at::kFloat);
  gm_work work = detail::empty_work();
  {
    const detail::WorkScope scope(&work);
    head_pass(problem.hidden, problem.head, problem.targets, 1, MeanRow::skip);
  }
  EXPECT_EQ(work.flops, 2.0 * 10 * 300 * 8);
  {
    const detail::WorkScope scope(&work);
    head_pass(problem.hidden.to(at::kBFloat16), problem.head.to(at::kBFloat16), problem.targets, 1,
              MeanRow::compute);
  }
  EXPECT_EQ(work.half_flops, 4.0 * 10 * 300 * 8);
}

}  // namespace
}  // namespace gistmill::substitution
