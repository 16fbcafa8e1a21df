// Perplexity of texts that count whole or not at all.
#include "plugins/metric/perplexity/perplexity.hpp"

#include <gmock/gmock.h>

#include "tests/plugins/support/plain_options.hpp"

namespace gistmill::metric {
namespace {

using gistmill::test::PlainOptions;
using ::testing::HasSubstr;

Tensor measure(const std::vector<float>& nll, const std::optional<Tensor>& counts) {
  const PlainOptions none({});
  return Perplexity(none.get()).measure(Tensor::of(nll, {static_cast<std::int64_t>(nll.size())}), counts);
}

TEST(PerplexityMetric, IsExpOfTheMeanNll) {
  const Tensor found = measure({0, 2.5f}, std::nullopt);
  EXPECT_FLOAT_EQ(found.data<float>()[0], 1);
  EXPECT_FLOAT_EQ(found.data<float>()[1], 12.182494f);
}

TEST(PerplexityMetric, LeavesOutATextWithoutTokensThatCountAndTheFirstTokenNeverDoes) {
  const Tensor found = measure({1, 1}, Tensor::of<float>({0, 1, 1, 1, 0, 0}, {2, 3}));
  EXPECT_FLOAT_EQ(found.data<float>()[0], 2.7182817f);
  EXPECT_TRUE(std::isnan(found.data<float>()[1]));
}

TEST(PerplexityMetric, RefusesATextThatCountsInPart) {
  try {
    measure({1}, Tensor::of<float>({1, 1, 0}, {1, 3}));
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("of a text 1 of 2 tokens count"));
  }
}

TEST(PerplexityMetric, IsComparedAsATimesOfWhatItWas) {
  const PlainOptions none({});
  const Tensor change =
      Perplexity(none.get()).compare(Tensor::of<float>({2, 2.8946395f}, {2}), Tensor::of<float>({2, 3}, {2}));
  EXPECT_FLOAT_EQ(change.data<float>()[0], 1);
  EXPECT_FLOAT_EQ(change.data<float>()[1], 0.9f);
}

}  // namespace
}  // namespace gistmill::metric
