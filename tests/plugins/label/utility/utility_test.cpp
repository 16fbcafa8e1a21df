// label/utility: gains at their entries, NaN elsewhere.
#include "plugins/label/utility/utility.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/plugins/support/plain_options.hpp"
#include "tests/plugins/support/refusal.hpp"

namespace gistmill::label {
namespace {

using gistmill::test::PlainOptions;

Tensor ints(const std::vector<std::int32_t>& values) {
  return Tensor::of(values, {static_cast<std::int64_t>(values.size())});
}
Tensor floats(const std::vector<float>& values) {
  return Tensor::of(values, {static_cast<std::int64_t>(values.size())});
}
Tensor scalar(float value) { return Tensor::of<float>({value}, {}); }

struct Labels {
  std::vector<float> nll, kl, chosen;
};
// Three entries: the first collapses, the second goes both ways, the third was not measured.
Labels labels(const std::string& by) {
  const Utility utility(PlainOptions({{"by", by}}).get());
  const auto [nll, kl, chosen] =
      utility.value(ints({0, 1, 2}), ints({0, 1, 1}), ints({-1, 1, -1}), floats({2.5f, 1.5f, 2.25f}),
                    floats({0.75f, 0.125f, 0.5f}), scalar(2.0f), scalar(0.25f));
  EXPECT_EQ(nll.shape(), (std::vector<std::int64_t>{3, 2}));
  const auto values = [](const Tensor& tensor) {
    return std::vector<float>(tensor.data<float>(), tensor.data<float>() + tensor.size());
  };
  return {values(nll), values(kl), values(chosen)};
}

void expect_values(const std::vector<float>& found, const std::vector<float>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (std::isnan(expected[i])) {
      EXPECT_TRUE(std::isnan(found[i])) << i;
    } else {
      EXPECT_EQ(found[i], expected[i]) << i;
    }
  }
}

TEST(Utility, IsWhatASwapGainsAtItsEntryAndNotANumberElsewhere) {
  const Labels by_nll = labels("nll");
  const std::vector<float> nll = {NAN, -0.5f, 0.5f, -0.25f, NAN, NAN};
  const std::vector<float> kl = {NAN, -0.5f, 0.125f, -0.25f, NAN, NAN};
  expect_values(by_nll.nll, nll);
  expect_values(by_nll.kl, kl);
  expect_values(by_nll.chosen, nll);
  expect_values(labels("kl").chosen, kl);
}

TEST(Utility, RefusesSwapsOfOtherContexts) {
  const Utility utility(PlainOptions({{"by", std::string("nll")}}).get());
  const auto refused = [&](std::int32_t entry, std::int32_t direction) -> std::string {
    return gistmill::test::refusal_of([&] {
      utility.value(ints({0, 1}), ints({entry}), ints({direction}), floats({1}), floats({1}), scalar(1),
                    scalar(1));
    });
  };
  EXPECT_EQ(refused(1, 1), "");
  EXPECT_EQ(refused(2, 1), "edit_entry: there is no entry 2 among 2");
  EXPECT_EQ(refused(-1, 1), "edit_entry: there is no entry -1 among 2");
  EXPECT_EQ(refused(0, 0), "edit_direction: a direction is 0 when it should be 1 or -1");
}

}  // namespace
}  // namespace gistmill::label
