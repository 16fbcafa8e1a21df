// The lensnets through the C ABI: what one context gives is what a batch gives, what is masked, what is
// trained, and what is refused.
#include <gmock/gmock.h>

#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/support/plugin_driver.hpp"

namespace gistmill::test {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kHidden = 6;
constexpr std::uint32_t kScore = 0, kBatch = 1;

OptionTable options(const std::string& component) {
  if (component == "lensnet/mlp") return {{"mlp", std::int64_t{5}}};
  return {{"width", std::int64_t{8}},
          {"heads", std::int64_t{2}},
          {"stacks", std::int64_t{2}},
          {"tail", std::int64_t{3}},
          {"mlp", std::int64_t{5}}};
}

at::Tensor ints(const std::vector<std::int32_t>& values) { return at::tensor(values, at::kInt); }
at::Tensor scalar(std::int32_t value) { return at::tensor({value}, at::kInt).squeeze(0); }

// K = 2; nine blocks, of which the newest two are protected: a gist of level 2, two of level 1 that are
// siblings, one of level 1 whose sibling is a block, blocks.
struct Context {
  at::Tensor levels = ints({2, 1, 1, 1, 0, 0, 0, 0});
  at::Tensor starts = ints({0, 4, 6, 8, 10, 12, 14, 16});
  std::int32_t cursor = 18;
  at::Tensor level1 = random_normal({9, kHidden}, 1, at::kFloat);
  at::Tensor level2 = random_normal({4, kHidden}, 2, at::kFloat);
};

class Lensnets : public ::testing::TestWithParam<std::string> {
 protected:
  Lensnets() : driver_(LENSNET_DUAL_CROSS_PLUGIN, GetParam(), options(GetParam()), {{"D", kHidden}}) {
    for (Parameter& one : driver_.parameters())
      one.tensor.add_(random_normal(one.tensor.sizes(), 7, at::kFloat));
  }
  bool reads_vectors() const { return GetParam() != "lensnet/mlp"; }

  at::Tensor score(const Context& context) {
    std::vector<at::Tensor> inputs = {context.levels, context.starts, scalar(2), scalar(context.cursor),
                                      scalar(4)};
    if (reads_vectors()) inputs.insert(inputs.end(), {context.level1, context.level2});
    return driver_.forward(kScore, inputs)[0];
  }
  // The context twice.
  std::vector<at::Tensor> twice(const Context& context) const {
    std::vector<at::Tensor> inputs = {
        ints({8, 8}), at::cat({context.levels, context.levels}), at::cat({context.starts, context.starts}),
        scalar(2),    ints({context.cursor, context.cursor}),    ints({4, 4})};
    if (!reads_vectors()) return inputs;
    const at::Tensor rows = at::cat({context.level2.narrow(0, 0, 1), context.level1.narrow(0, 2, 7)});
    const at::Tensor tail = at::cat({context.level2.narrow(0, 3, 1), context.level1.narrow(0, 7, 2)});
    inputs.push_back(at::cat({rows, rows}));
    inputs.push_back(at::stack({tail, tail}));
    return inputs;
  }

  PluginDriver driver_;
};

TEST_P(Lensnets, ScoreOneContextAsABatchAndMaskWhatIsNotLegal) {
  const Context context;
  const at::Tensor all = driver_.forward(kBatch, twice(context))[0];
  EXPECT_TRUE(at::equal(all.narrow(0, 0, 8), all.narrow(0, 8, 8)));
  const at::Tensor one = score(context);
  for (const int i : {1, 2})  // both ways
    EXPECT_FLOAT_EQ(one[i].item<float>(), all[i].item<float>()) << i;
  for (const int i : {0, 3})  // nothing but expanding: above it is no level, or its sibling is a block
    EXPECT_FLOAT_EQ(one[i].item<float>(), std::max(0.0f, all[i].item<float>())) << i;
  for (const int i : {4, 5})  // nothing but collapsing
    EXPECT_FLOAT_EQ(one[i].item<float>(), std::min(0.0f, all[i].item<float>())) << i;
  for (const int i : {6, 7}) EXPECT_TRUE(std::isnan(one[i].item<float>())) << "protected " << i;
}

TEST_P(Lensnets, DoNotSeeWhatStandsBehindTheCursor) {
  const Context context;
  Context later = context;
  later.level1 = at::cat({context.level1, random_normal({5, kHidden}, 8, at::kFloat)});
  later.level2 = at::cat({context.level2, random_normal({3, kHidden}, 9, at::kFloat)});
  EXPECT_TRUE(at::equal(score(context).nan_to_num(), score(later).nan_to_num()));
}

TEST_P(Lensnets, TrainEveryParameter) {
  const auto gradients = driver_.bind_gradients();
  const std::vector<at::Tensor> inputs = twice({});
  const std::vector<std::uint8_t> need(inputs.size(), 0);
  driver_.forward_and_vjp(kBatch, inputs, need, {random_normal({16}, 5, at::kFloat)});
  const auto parameters = driver_.parameters();
  ASSERT_EQ(gradients.size(), parameters.size());
  for (std::size_t i = 0; i < gradients.size(); ++i)
    EXPECT_GT(gradients[i].abs().max().item<float>(), 0) << parameters[i].name;
}

TEST_P(Lensnets, StartFromScoresOfZero) {
  PluginDriver fresh(LENSNET_DUAL_CROSS_PLUGIN, GetParam(), options(GetParam()), {{"D", kHidden}});
  EXPECT_EQ(fresh.forward(kBatch, twice({}))[0].abs().max().item<float>(), 0);
}

TEST_P(Lensnets, CountTheWorkOfTheirProducts) {
  if (!reads_vectors()) return;
  const std::vector<at::Tensor> inputs = twice({});
  driver_.bind_gradients();
  driver_.forward_and_vjp(kBatch, inputs, std::vector<std::uint8_t>(inputs.size(), 0), {at::ones({16})});
  const double width = 8, folded = 2 * 3 * width;  // heads, gists
  const double stack = 2 * folded * (GetParam() == "lensnet/dual-cross" ? 4 : 2);
  const double each = 2 * kHidden * width + 2 * stack + 2 * width * 5;
  EXPECT_DOUBLE_EQ(driver_.forward_work().flops, 16 * each);
  EXPECT_DOUBLE_EQ(driver_.vjp_work().flops, 16 * (2 * each - 2 * kHidden * width));
}

TEST_P(Lensnets, RefuseWhatIsNoContext) {
  const auto refusal = [&](std::size_t input, const at::Tensor& value) {
    std::vector<at::Tensor> inputs = twice({});
    inputs[input] = value;
    try {
      driver_.forward(kBatch, inputs);
    } catch (const Refused& refused) {
      return refused.key + ": " + refused.what();
    }
    return std::string("nothing was thrown");
  };
  EXPECT_THAT(
      refusal(0, ints({8, 7})),
      HasSubstr("levels: context 1 is no working context: the entries end at 16 when the cursor is 18"));
  EXPECT_THAT(refusal(0, ints({9, 7})), HasSubstr("levels: context 0 is no working context"));
  EXPECT_THAT(refusal(0, ints({8, 9})), HasSubstr("levels: context 1 has 9 entries when 8 are left"));
  EXPECT_THAT(refusal(4, ints({18, 20})), HasSubstr("the entries end at 18 when the cursor is 20"));
}

INSTANTIATE_TEST_SUITE_P(All, Lensnets,
                         ::testing::Values("lensnet/dual-cross", "lensnet/causal", "lensnet/mlp"),
                         [](const auto& each) {
                           return each.param == "lensnet/dual-cross" ? "DualCross"
                                  : each.param == "lensnet/causal"   ? "Causal"
                                                                     : "Mlp";
                         });

TEST(DualCross, RefusesATreeThatEndsBeforeItsContext) {
  PluginDriver driver(LENSNET_DUAL_CROSS_PLUGIN, "lensnet/dual-cross", options("lensnet/dual-cross"),
                      {{"D", kHidden}});
  const Context context;
  try {
    driver.forward(kScore, {context.levels, context.starts, scalar(2), scalar(18), scalar(4),
                            context.level1.narrow(0, 0, 8), context.level2});
    FAIL() << "nothing was thrown";
  } catch (const Refused& refused) {
    EXPECT_THAT(refused.what(),
                HasSubstr("the tree has 8 vectors of level 1 when the context has one of token 16"));
  }
}

TEST(DualCross, RefusesAWidthThatHeadsDoNotDivide) {
  OptionTable table = options("lensnet/dual-cross");
  table["heads"] = std::int64_t{3};
  EXPECT_THROW(PluginDriver(LENSNET_DUAL_CROSS_PLUGIN, "lensnet/dual-cross", table), Refused);
}

}  // namespace
}  // namespace gistmill::test
