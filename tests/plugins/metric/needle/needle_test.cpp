// What counts as found, and in which column of the grid.
#include "plugins/metric/needle/needle.hpp"

#include <gmock/gmock.h>

#include "tests/plugins/support/plain_options.hpp"
#include "tests/support/message_of.hpp"

namespace gistmill::metric {
namespace {

using gistmill::test::PlainOptions;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<float> values(const Tensor& tensor) {
  return {tensor.data<float>(), tensor.data<float>() + tensor.size()};
}

// Two prompts of 5 tokens; the answer is tokens 3 and 4. `predicted` [2, 5]: the most probable next token.
std::tuple<Tensor, Tensor, Tensor> measure(const std::vector<std::int32_t>& predicted,
                                           const std::vector<float>& depths = {0.1f, 0.9f},
                                           const std::vector<std::int32_t>& begins = {3, 3}) {
  const Needle metric(PlainOptions({{"cells", std::vector<std::string>{"5@0.1", "5@0.9"}}}).get());
  std::vector<std::int32_t> topk;  // [2, 5, 2]; the second most probable is right everywhere
  const std::vector<std::int32_t> ids = {1, 2, 3, 7, 8, 4, 5, 6, 7, 9};
  for (std::size_t i = 0; i < predicted.size(); ++i) {
    topk.push_back(predicted[i]);
    topk.push_back(ids[(i + 1) % ids.size()]);
  }
  return metric.measure(Tensor::of(ids, {2, 5}), Tensor::of(topk, {2, 5, 2}), Tensor::of(begins, {2}),
                        Tensor::of<std::int32_t>({5, 5}, {2}), Tensor::of<std::int32_t>({5, 5}, {2}),
                        Tensor::of(depths, {2}));
}

std::string refusal(const std::vector<float>& depths, const std::vector<std::int32_t>& begins) {
  return gistmill::test::message_of<Error>([&] { measure({0, 0, 7, 8, 0, 0, 0, 7, 9, 0}, depths, begins); });
}

TEST(NeedleMetric, FindsANeedleWhereEveryTokenOfTheAnswerIsTheMostProbable) {
  const auto [found, share, grid] = measure({0, 0, 7, 8, 0, 0, 0, 7, 8, 0});
  EXPECT_THAT(values(found), ElementsAre(1, 0));
  EXPECT_THAT(values(share), ElementsAre(1, 0.5f));
}

TEST(NeedleMetric, PutsAPromptIntoTheColumnOfItsLengthAndDepth) {
  const auto [found, share, grid] = measure({0, 0, 7, 8, 0, 0, 0, 7, 9, 0}, {0.9f, 0.1f});
  const std::vector<float> cells = values(grid);
  EXPECT_TRUE(std::isnan(cells[0]));
  EXPECT_EQ(cells[1], 1);
  EXPECT_EQ(cells[2], 1);
  EXPECT_TRUE(std::isnan(cells[3]));
}

TEST(NeedleMetric, RefusesAPromptThatIsOfNoCell) {
  EXPECT_THAT(refusal({0.1f, 0.5f}, {3, 3}), HasSubstr("5 tokens and depth 0.5"));
}

TEST(NeedleMetric, RefusesAnAnswerWithoutAnythingBeforeIt) {
  EXPECT_THAT(refusal({0.1f, 0.9f}, {0, 3}), HasSubstr("an answer is tokens 0 to 5 of 5"));
}

}  // namespace
}  // namespace gistmill::metric
