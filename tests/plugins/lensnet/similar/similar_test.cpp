// Scores by likeness to the newest blocks.
#include "plugins/lensnet/similar/similar.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "tests/plugins/support/plain_options.hpp"

namespace gistmill::lensnet {
namespace {

using gistmill::test::PlainOptions;
using ::testing::HasSubstr;

Tensor ints(const std::vector<std::int32_t>& values) { return Tensor::of(values, {std::ssize(values)}); }
Tensor scalar(std::int32_t value) { return Tensor::of<std::int32_t>({value}, {}); }
std::vector<float> values(const Tensor& tensor) {
  return {tensor.data<float>(), tensor.data<float>() + tensor.size()};
}
Tensor rows(const std::vector<float>& numbers) { return Tensor::of(numbers, {std::ssize(numbers) / 2, 2}); }

Similar similar(std::int64_t recent = 1, double spread = 1.0) {
  return Similar(PlainOptions({{"recent", recent}, {"spread", spread}}).get());
}

// K = 2, five blocks, the last protected. Their gists point in four directions; blocks 1 and 4 in the same.
const Tensor kGists = rows({1, 0, 0, 1, -1, 0, 0, -1, 0, 1});
const Tensor kNoGists = Tensor::zeros<float>({0, 2});
const Tensor kStarts = ints({0, 2, 4, 6, 8});

std::vector<float> scores(const Similar& lens, const std::vector<std::int32_t>& levels,
                          const Tensor& gists = kGists) {
  return values(lens.score(ints(levels), kStarts, scalar(2), scalar(10), scalar(2), gists, kNoGists));
}

TEST(SimilarScores, AreHighOfWhatIsLikeTheNewestBlockAndLowOfWhatIsNot) {
  const std::vector<float> found = scores(similar(), {1, 1, 1, 1, 0});
  EXPECT_GT(found[1], 0.5f);
  EXPECT_GT(found[1], found[0]);
  EXPECT_FLOAT_EQ(found[0], found[2]) << "both at right angles";
  EXPECT_LT(found[3], -0.5f) << "it can be closed with its sibling";
  EXPECT_TRUE(std::isnan(found[4])) << "the tail is protected";
}

// Again by the words of the header, of every entry.
TEST(SimilarScores, AreDeviationsFromTheMeanOfCenteredCosines) {
  const double m[2] = {0, 0.2};
  const float* const g = kGists.data<float>();
  double c[4], mean = 0, variance = 0;
  for (int i = 0; i < 4; ++i) {
    const double v[2] = {g[2 * i] - m[0], g[2 * i + 1] - m[1]}, q[2] = {g[8] - m[0], g[9] - m[1]};
    c[i] = (v[0] * q[0] + v[1] * q[1]) / std::hypot(v[0], v[1]) / std::hypot(q[0], q[1]);
    mean += c[i] / 4;
  }
  for (double each : c) variance += (each - mean) * (each - mean) / 4;
  const std::vector<float> found = scores(similar(1, 2.0), {0, 0, 0, 0, 0});
  for (std::size_t i = 0; i < 4; ++i) {
    const double expected = (c[i] - mean) / (2 * std::sqrt(variance));
    EXPECT_NEAR(found[i], std::min(expected, 0.0), 1e-6) << "a block can only be collapsed";
  }
}

TEST(SimilarScores, AreNothingWhereAllIsAlike) {
  const std::vector<float> found = scores(similar(), {1, 1, 1, 1, 0}, rows({1, 1, 1, 1, 1, 1, 1, 1, 1, 1}));
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(found[i], 0.0f);
}

TEST(SimilarScores, TakeTheGistOfAGistOfGists) {
  const Tensor levels = ints({2, 1, 1, 0}), starts = ints({0, 4, 6, 8});
  const std::vector<float> found =
      values(similar().score(levels, starts, scalar(2), scalar(10), scalar(2), kGists, rows({0, 1, 0, -1})));
  EXPECT_GT(found[0], 0.5f) << "its own vector is like the newest";
}

TEST(SimilarScores, RefuseATreeThatLacksAGist) {
  try {
    scores(similar(), {1, 1, 1, 1, 0}, rows({1, 0, 0, 1}));
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.key, "level1_gists");
    EXPECT_THAT(error.what(), HasSubstr("no gist of the entry at token 4; it has 2 of that level"));
  }
}

}  // namespace
}  // namespace gistmill::lensnet
