// Scores that are the labels.
#include "plugins/lensnet/oracle/oracle.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "tests/plugins/support/plain_options.hpp"

namespace gistmill::lensnet {
namespace {

using gistmill::test::PlainOptions;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

Tensor ints(const std::vector<std::int32_t>& values) { return Tensor::of(values, {std::ssize(values)}); }
Tensor scalar(std::int32_t value) { return Tensor::of<std::int32_t>({value}, {}); }
std::vector<float> values(const Tensor& tensor) {
  return {tensor.data<float>(), tensor.data<float>() + tensor.size()};
}

Oracle oracle(const std::string& target) {
  return Oracle(PlainOptions({{"target", target}, {"scale", 1.0}}).get());
}

// K = 2: a gist of a block that gains when expanded, a block that loses when collapsed, a protected block.
const Tensor kLevels = ints({1, 0, 0}), kStarts = ints({0, 2, 4});
const Tensor kUtilities = Tensor::of<float>({0.3f, kNone, kNone, -0.1f, kNone, kNone}, {3, 2});

TEST(OracleScores, AreTheTargetsWithoutWhatIsNotLegal) {
  const std::vector<float> source =
      values(oracle("source").score(kLevels, kStarts, scalar(2), scalar(6), scalar(2), kUtilities));
  EXPECT_FLOAT_EQ(source[0], 0.3f);
  EXPECT_FLOAT_EQ(source[1], -0.1f);
  EXPECT_TRUE(std::isnan(source[2]));
  const std::vector<float> detail =
      values(oracle("detail").score(kLevels, kStarts, scalar(2), scalar(6), scalar(2), kUtilities));
  EXPECT_FLOAT_EQ(detail[0], 0.1f) << "0.3 and 0.1, median 0.2";
  EXPECT_FLOAT_EQ(detail[1], -0.1f);
}

TEST(OracleScores, OfABatchAreThoseOfItsContextsWithZeroForWhatIsUnknown) {
  const Tensor levels = ints({1, 0, 0, 1, 0, 0}), starts = ints({0, 2, 4, 0, 2, 4});
  const Tensor twice = Tensor::of<float>({0.3f, kNone, kNone, -0.1f, kNone, kNone,  //
                                          kNone, kNone, kNone, kNone, kNone, kNone},
                                         {6, 2});
  EXPECT_THAT(values(oracle("source").score_batch(ints({3, 3}), levels, starts, scalar(2), ints({6, 6}),
                                                  ints({2, 2}), twice)),
              ElementsAre(0.3f, -0.1f, 0, 0, 0, 0));
}

TEST(OracleScores, RefuseUtilitiesOfOtherEntries) {
  try {
    oracle("source").score(kLevels, kStarts, scalar(2), scalar(6), scalar(2), Tensor::zeros<float>({2, 2}));
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("utilities has 4 numbers when the contexts have 3 entries"));
  }
  EXPECT_THROW(oracle("source").score(kLevels, ints({0, 2, 5}), scalar(2), scalar(6), scalar(2), kUtilities),
               Error);
}

}  // namespace
}  // namespace gistmill::lensnet
