// The model on a device: the numbers of main memory, and no wait for the device within a step.
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "plugins/teacher/decoder/trainable.hpp"
#include "tests/plugins/support/fake_device.hpp"
#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/teacher/decoder/small_models.hpp"

namespace gistmill::decoder::test {
namespace {

using gistmill::test::fake_device_waits;
using gistmill::test::kFakeDevice;
using gistmill::test::random_normal;

constexpr std::int64_t kSpan = 32;
constexpr std::int64_t kHorizon = 12;
const std::vector<std::int64_t> kRecorded = {0, 2, 3};

Model on_device(const Config& config) {
  Weights weights = random_model(config, 11, kSpan, at::kFloat, kRecorded).weights();
  replace_weights(weights,
                  [](const std::string&, const at::Tensor& tensor, bool) { return tensor.to(kFakeDevice); });
  return Model(config, std::move(weights), kRecorded, kSpan);
}

double relative(const at::Tensor& found, const at::Tensor& expected) {
  EXPECT_EQ(found.sizes(), expected.sizes());
  const at::Tensor difference = found.cpu().to(at::kDouble) - expected.to(at::kDouble);
  return (difference.norm() / expected.to(at::kDouble).norm()).item<double>();
}

struct Step {
  at::Tensor states, original, replaced, gradient;
};

// A training step's passes; all integers in main memory, as data sets give them.
Step run_step(const Model& model, const at::Tensor& spans, std::int64_t gists) {
  const at::Tensor tokens = random_tokens(model.config().vocabulary, 200, 5);
  const at::Tensor offsets = at::linspace(0, kSpan - 1, gists).to(at::kInt).expand({spans.size(0), gists});
  const at::Tensor gist = random_normal({spans.size(0), gists, model.config().width}, 7, at::kFloat)
                              .to(model.device())
                              .requires_grad_(gists > 0);
  Step step;
  const auto context = model.read(tokens);
  step.states = model.states(*context, spans);
  step.original = model.original(*context, spans, kHorizon);
  step.replaced = model.resume(*context, spans, gist, offsets, kHorizon);
  if (gists > 0) {
    const at::Tensor loss = at::matmul(step.replaced, model.head().t()).logsumexp(2).sum();
    step.gradient = ::torch::autograd::grad({loss}, {gist})[0];
  }
  return step;
}

void expect_same_as_main_memory(const Config& config, const std::vector<std::int32_t>& starts,
                                std::int64_t gists) {
  const at::Tensor spans = at::tensor(starts, at::kInt);
  const Step expected = run_step(random_model(config, 11, kSpan, at::kFloat, kRecorded), spans, gists);
  const Step found = run_step(on_device(config), spans, gists);
  EXPECT_EQ(found.replaced.device(), kFakeDevice);
  EXPECT_LE(relative(found.states, expected.states), 1e-5);
  EXPECT_LE(relative(found.original, expected.original), 1e-5);
  EXPECT_LE(relative(found.replaced.detach(), expected.replaced.detach()), 1e-5);
  if (gists > 0) {
    EXPECT_LE(relative(found.gradient, expected.gradient), 1e-5);
  }
}

TEST(AModelOnADevice, GivesTheNumbersOfMainMemory) {
  expect_same_as_main_memory(tiny_config(), {0, 1, 64, 100, 156}, 1);
  expect_same_as_main_memory(tiny_config(), {100, 32, 64}, 3);  // in any order
  expect_same_as_main_memory(tiny_config(), {1, 64, 156}, 0);
}
TEST(AModelOnADevice, GivesThemWherePositionsAreLearned) {
  expect_same_as_main_memory(tiny_gpt2_config(), {0, 64, 156}, 1);
}
TEST(AModelOnADevice, GivesThemWhereALayerDoesNotRotateAndHeadsAreNormalized) {
  expect_same_as_main_memory(tiny_mixed_config(), {0, 64, 156}, 2);
}
TEST(AModelOnADevice, GivesThemWhereLayersHaveAWindow) {
  expect_same_as_main_memory(tiny_gemma_config(), {0, 64, 156}, 2);
}

TEST(AModelOnADevice, IsNotWaitedForInAStep) {
  const Model model = on_device(tiny_config());
  const std::int64_t before = fake_device_waits();
  run_step(model, at::tensor({0, 64, 100}, at::kInt), 1);
  EXPECT_EQ(fake_device_waits() - before, 0);
}

TEST(AModelOnADevice, ScoresAndContinuesTextsAsInMainMemory) {
  const Model here = random_model(tiny_config(), 11, kSpan);
  const Model there = on_device(tiny_config());
  const at::Tensor tokens = random_tokens(97, 40, 5);
  EXPECT_LE(relative(there.score(tokens), here.score(tokens)), 1e-5);
  EXPECT_TRUE(at::equal(continued(there, tokens, 8), continued(here, tokens, 8)));
}

TEST(AModelOnADevice, TakesMasksAndPositionsOfBatches) {
  const Model here = random_model(tiny_config(), 11, kSpan);
  const Model there = on_device(tiny_config());
  const at::Tensor ids = random_tokens(97, 20, 5).view({2, 10});
  const at::Tensor mask = at::ones({2, 10, 10}, at::kByte).triu(-3);
  const at::Tensor positions = at::arange(5, 15, at::kInt).expand({2, 10});
  const Batch batch{ids, mask, positions, {}};
  EXPECT_LE(relative(there.forward(batch), here.forward(batch)), 1e-5);
  EXPECT_TRUE(at::equal(there.topk(batch, 3, 1.0).ids.cpu(), here.topk(batch, 3, 1.0).ids));
}

TEST(AModelOnADevice, TakesAGistAndContinuesFromItsCache) {
  const Model here = random_model(tiny_config(), 11, kSpan);
  const Model there = on_device(tiny_config());
  const at::Tensor ids = random_tokens(97, 20, 5).view({2, 10});
  at::Tensor mask = at::ones({2, 10, 10}, at::kByte);
  mask.narrow(1, 6, 4).narrow(2, 0, 4).zero_();
  const at::Tensor places = at::tensor({4, 5, 4, 5}, at::kInt).view({2, 2});
  const at::Tensor vectors = random_normal({2, 2, 48}, 7, at::kFloat);
  const auto gradient = [&](const Model& model) {
    const at::Tensor gist = vectors.to(model.device()).requires_grad_(true);
    const at::Tensor hidden = model.hidden({ids, mask, {}, {}, gist, places});
    const at::Tensor loss = at::matmul(hidden, model.head().t()).logsumexp(2).sum();
    return ::torch::autograd::grad({loss}, {gist})[0];
  };
  EXPECT_LE(relative(gradient(there), gradient(here)), 1e-5);
  const auto behind = [&](const Model& model) {
    Batch batch{ids.narrow(1, 6, 4), {}, {}, {}};
    batch.cache = std::make_shared<GistCache>(
        model.gist_cache({ids.narrow(1, 0, 6), {}, {}, {}, vectors.to(model.device()), places}));
    return batch;
  };
  EXPECT_LE(relative(there.hidden(behind(there)), here.hidden(behind(here))), 1e-5);
  const Model::Sampling greedy{8, 0.0, 1.0, 0};
  EXPECT_TRUE(
      at::equal(there.generate(behind(there), greedy).tokens, here.generate(behind(here), greedy).tokens));
}

}  // namespace
}  // namespace gistmill::decoder::test
