// What goes in and comes out: values, gradients, learning rates, each by a plugin or a caller that gives
// another.
#include <gmock/gmock.h>

#include <cmath>

#include "tests/host/check/seeded_plugin.hpp"

namespace gistmill {
namespace {

using ::testing::ElementsAre;

// ---- what comes out ----

TEST_F(CheckingProxy, FindsAnOutputThatIsMissing) {
  start();
  seeds.last_word = [](gm_value* out, gm_tape**) {
    release(out[0].as.tensor);
    out[0].kind = GM_VALUE_NONE;
  };
  call();
  EXPECT_THAT(found(), ElementsAre("same.apply gave no output 'y'"));
}
TEST_F(CheckingProxy, FindsAnOutputOfAnotherSizeThanItsLetterHasAtTheInput) {
  start();
  seeds.last_word = [](gm_value* out, gm_tape**) {
    release(out[0].as.tensor);
    out[0].as.tensor = Tensor::of<float>({1, 2, 3}, {3}).share();
  };
  call();
  EXPECT_THAT(found(), ElementsAre("same.apply gave output 'y': f32[3] when it should be f32[N] with N = 2"));
}
TEST_F(CheckingProxy, FindsAGradientOfAnotherShapeThanTheInput) {
  start();
  seeds.gradient = Tensor::zeros<float>({2, 1});
  gm_tape* tape = nullptr;
  call(&tape);
  reverse(tape);
  EXPECT_THAT(
      found(),
      ElementsAre("same.vjp of apply gave the gradient of input 'x' in another shape than the input's"));
}

TEST_F(CheckingProxy, FindsAGradientOfAnotherDtypeThanTheInput) {
  start();
  seeds.gradient = Tensor::zeros<double>({2});
  gm_tape* tape = nullptr;
  call(&tape);
  reverse(tape);
  EXPECT_THAT(found(),
              ElementsAre("same.vjp of apply gave the gradient of input 'x' as f64 when it should be f32"));
}

// ---- what goes in ----

TEST_F(CheckingProxy, FindsAnotherNumberOfOutputs) {
  start();
  EXPECT_EQ(call(nullptr, GM_TENSOR_READ_ONLY, 2), GM_ERROR_MISUSE);
  EXPECT_THAT(found(), ElementsAre("same.apply was called with 1 inputs and 2 outputs when it has 1 and 1"));
}
TEST_F(CheckingProxy, FindsAGradientBufferOfAnotherTypeThanTheParameter) {
  start();
  const auto& params = extension<gm_params_extension>(GM_PARAMS_EXTENSION);
  EXPECT_EQ(params.bind_gradient(instance_, 0, Tensor::zeros<float>({2}).share(), &error_), GM_OK);
  EXPECT_THAT(found(), ::testing::IsEmpty());
  const gm_status status = params.bind_gradient(instance_, 0, Tensor::zeros<double>({2}).share(), &error_);
  EXPECT_EQ(status, GM_ERROR_MISUSE);
  EXPECT_THAT(
      found(),
      ElementsAre(
          "same.params.bind_gradient was given the gradient of parameter 0 as f64[2] when it should be "
          "f32[2]"));
}

// ---- an optimizer ----

class OptimizerCheck : public CheckingProxy {
 protected:
  void SetUp() override {
    CheckingProxy::SetUp();
    start();
  }
  gm_status bind(const Tensor& parameter, const Tensor& gradient) {
    const gm_param_info info{sizeof(gm_param_info), GM_PARAM_TRAINABLE, "a"};
    const gm_param_info* infos[] = {&info};
    gm_tensor* parameters[] = {parameter.share()};
    gm_tensor* gradients[] = {gradient.share()};
    return optimizer().bind(instance_, infos, parameters, gradients, 1, &error_);
  }
  gm_status step(const std::vector<double>& rates) {
    return optimizer().step(instance_, 1, rates.data(), static_cast<std::uint32_t>(rates.size()), &error_);
  }
  const gm_optimizer_extension& optimizer() const {
    return extension<gm_optimizer_extension>(GM_OPTIMIZER_EXTENSION);
  }
};

TEST_F(OptimizerCheck, FindsNothingWithOneRateForEachParameter) {
  EXPECT_EQ(bind(Tensor::zeros<float>({3}), Tensor::zeros<float>({3})), GM_OK);
  EXPECT_EQ(step({0.1}), GM_OK);
  EXPECT_THAT(found(), ::testing::IsEmpty());
}
TEST_F(OptimizerCheck, FindsAnotherNumberOfRates) {
  bind(Tensor::zeros<float>({3}), Tensor::zeros<float>({3}));
  EXPECT_EQ(step({0.1, 0.1}), GM_ERROR_MISUSE);
  EXPECT_THAT(
      found(),
      ElementsAre("same.optimizer.step was called with 2 learning rates when 1 parameters are bound"));
}
TEST_F(OptimizerCheck, FindsAStepBeforeItsParameters) {
  EXPECT_EQ(step({}), GM_ERROR_MISUSE);
  EXPECT_THAT(
      found(),
      ElementsAre("same.optimizer.step was called with 0 learning rates when 0 parameters are bound"));
}
TEST_F(OptimizerCheck, FindsAGradientOfAnotherTypeThanItsParameter) {
  EXPECT_EQ(bind(Tensor::zeros<float>({3}), Tensor::zeros<double>({3})), GM_ERROR_MISUSE);
  EXPECT_THAT(found(),
              ElementsAre("same.optimizer.bind was given the gradient of parameter 0 as f64[3] when it "
                          "should be f32[3]"));
}

class DecisionCheck : public CheckingProxy {
 protected:
  gm_status decide(std::uint32_t action, double factor, const char* reason) {
    seeds.decision = {sizeof(gm_decision), action, factor, reason};
    gm_decision decision{sizeof(gm_decision), GM_DECISION_CONTINUE, 1.0, nullptr};
    return extension<gm_monitor_extension>(GM_MONITOR_EXTENSION)
        .decide(instance_, "{}", 2, &decision, &error_);
  }
};

TEST_F(DecisionCheck, FindsNothingInADecisionThatIsWhole) {
  start();
  EXPECT_EQ(decide(GM_DECISION_CONTINUE, 1.0, nullptr), GM_OK);
  EXPECT_EQ(decide(GM_DECISION_REWIND, 0.5, "the loss is 90"), GM_OK);
  EXPECT_THAT(found(), ::testing::IsEmpty());
}
TEST_F(DecisionCheck, FindsAnUnknownActionABadFactorAndAMissingReason) {
  start();
  decide(GM_DECISION_FAIL + 1, 1.0, "no idea");
  decide(GM_DECISION_SCALE, 0.0, "slower");
  decide(GM_DECISION_REWIND, NAN, "back");
  decide(GM_DECISION_STOP, 1.0, nullptr);
  EXPECT_THAT(found(),
              ElementsAre("same.monitor.decide gave the unknown action 8",
                          "same.monitor.decide gave the factor 0 when it should be above 0 and finite",
                          "same.monitor.decide gave the factor nan when it should be above 0 and finite",
                          "same.monitor.decide gave no reason"));
}
TEST_F(DecisionCheck, FindsAnEventBeforeStart) {
  EXPECT_EQ(decide(GM_DECISION_CONTINUE, 1.0, nullptr), GM_ERROR_MISUSE);
  EXPECT_THAT(found(), ElementsAre("same.monitor.decide was called before start"));
}

}  // namespace
}  // namespace gistmill
