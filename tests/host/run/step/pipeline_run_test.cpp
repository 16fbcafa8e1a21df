// One pipeline through the ABI, call by call: what the host refuses, what it keeps, what it shares.
#include "host/run/step/pipeline_run.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "host/diagnostic/failure.hpp"
#include "tests/host/run/step/open_pipeline.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;

class PipelineRunTest : public OpenPipelineTest {
 protected:
  void SetUp() override {
    OpenPipelineTest::SetUp();
    open(recipe());
  }
};

TEST_F(PipelineRunTest, AParameterIsThePluginsOwnMemory) {
  Parameter& a = parameter();
  a.tensor.fill_(3.0);
  ASSERT_TRUE(run_->forward(context_));
  EXPECT_TRUE(at::allclose(run_->tensor("y"), run_->tensor("x") * 3));
}

TEST_F(PipelineRunTest, GradientsAreAddedToTheBoundBuffers) {
  for (int repeat = 0; repeat < 2; ++repeat) {
    ASSERT_TRUE(run_->forward(context_));
    run_->backward(context_, 0.5);
  }
  const at::Tensor x = run_->tensor("x");
  EXPECT_TRUE(at::allclose(parameter().gradient, x * x));  // twice one half
}

TEST_F(PipelineRunTest, ATapeFromBeforeAParameterChangeIsRefused) {
  ASSERT_TRUE(run_->forward(context_));
  StepContext later = context_;
  later.parameter_generation += 1;
  try {
    run_->backward(later, 1.0);
    FAIL() << "a stale tape was used";
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("parameters changed between forward and backward"));
  }
}

TEST_F(PipelineRunTest, APureCallIsNotRunAgainOnTheSameValues) {
  context_.train = false;
  ASSERT_TRUE(run_->forward(context_));
  const at::Tensor first = run_->tensor("loss");
  ASSERT_TRUE(run_->forward(context_));  // the source gives the same numbers in new memory
  EXPECT_EQ(run_->tensor("loss").data_ptr(), first.data_ptr());
  parameter().tensor.fill_(3.0);  // what has parameters is run, and what reads it follows
  ASSERT_TRUE(run_->forward(context_));
  EXPECT_FLOAT_EQ(run_->tensor("loss").item<float>(), 9 * first.item<float>());
}

// scale counts 2 flops and 12 bytes a number, of which there are four.
TEST_F(PipelineRunTest, AccountsForEveryCallForwardAndBackwardApart) {
  for (int repeat = 0; repeat < 2; ++repeat) {
    ASSERT_TRUE(run_->forward(context_));
    run_->backward(context_, 1.0);
  }
  const CallAccount& scale = run_->accounts()[1];
  EXPECT_EQ(scale.forward.total.count, 2);
  EXPECT_EQ(scale.forward.total.flops, 16);
  EXPECT_EQ(scale.backward.total.bytes, 96);
  EXPECT_EQ(scale.backward.last.flops, 8);
  EXPECT_LT(scale.forward.began, scale.backward.began);
  EXPECT_EQ(run_->last_work().flops, 16);
  EXPECT_GT(run_->last_work().seconds, 0);

  context_.train = false;
  ASSERT_TRUE(run_->forward(context_));
  EXPECT_EQ(run_->last_work().flops, 8) << "no backward followed";
  ASSERT_TRUE(run_->forward(context_));
  EXPECT_EQ(run_->accounts()[2].forward.last.count, 0) << "the loss was known and did not run";
}

TEST_F(PipelineRunTest, NoTapeIsKeptWhereNothingTrains) {
  context_.train = false;
  ASSERT_TRUE(run_->forward(context_));
  run_->backward(context_, 1.0);  // nothing to walk back over
  EXPECT_EQ(parameter().gradient.abs().sum().item<float>(), 0.0f);
}

TEST_F(PipelineRunTest, TensorsCrossWithoutACopyAndInputsAreReadOnly) {
  const at::Tensor tensor = at::arange(6, at::kFloat).view({2, 3}).t();
  gm_tensor* shared = share_tensor(tensor, true);
  EXPECT_EQ(shared->data, tensor.data_ptr());
  EXPECT_EQ(shared->flags & GM_TENSOR_READ_ONLY, GM_TENSOR_READ_ONLY);
  EXPECT_EQ(shared->strides[0], 1);
  const at::Tensor back = adopt_tensor(shared);
  EXPECT_EQ(back.data_ptr(), tensor.data_ptr());
  EXPECT_TRUE(at::equal(back, tensor));
}

TEST_F(PipelineRunTest, WhatACallIsGivenIsReadOnly) {
  gm_value given = SlotValue(at::ones({2})).give();
  ASSERT_EQ(given.kind, GM_VALUE_TENSOR);
  EXPECT_EQ(given.as.tensor->flags & GM_TENSOR_READ_ONLY, GM_TENSOR_READ_ONLY);
  SlotValue::take(given);
}

TEST_F(PipelineRunTest, ALazilyNegatedViewCrossesWithItsOwnSigns) {
  const at::Tensor z = at::complex(at::tensor({1.0, 2.0}), at::tensor({3.0, -4.0}));
  const at::Tensor view = at::imag(z.conj());  // an ordinary f64 tensor, negated when it is read
  ASSERT_TRUE(view.is_neg());
  EXPECT_TRUE(at::equal(adopt_tensor(share_tensor(view, true)), at::tensor({-3.0, 4.0})));
}

TEST_F(PipelineRunTest, ATensorOfAnotherDlpackMajorIsReleasedAndRefused) {
  static bool released = false;
  gm_tensor alien{};
  alien.major = 2;
  alien.deleter = [](gm_tensor*) { released = true; };
  EXPECT_THROW(adopt_tensor(&alien), Failure);
  EXPECT_TRUE(released);
}

}  // namespace
}  // namespace gistmill
