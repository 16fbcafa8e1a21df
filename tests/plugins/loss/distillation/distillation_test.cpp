// loss/distillation through the C ABI: which rows count, what is refused, and beside loss/cross-entropy.
#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "tests/plugins/loss/distillation/plain_distillation.hpp"
#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/support/plugin_driver.hpp"

namespace gistmill::test {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kVocabulary = 50;
constexpr std::int64_t kSize = 12;

struct Texts {
  at::Tensor hidden, head, ids, counts, topk_ids, topk_log_probability;
  double temperature = 2;
};

Texts make(std::int64_t batch, std::int64_t length, std::int64_t tokens = 6) {
  Texts texts;
  texts.hidden = random_normal({batch, length, kSize}, 1, at::kFloat);
  texts.head = random_normal({kVocabulary, kSize}, 2, at::kFloat);
  texts.ids = (random_normal({batch, length}, 3).abs() * 15).clamp_max(kVocabulary - 1).to(at::kInt);
  texts.counts = at::ones({batch, length});
  const auto [values, ids] =
      at::log_softmax(random_normal({batch, length, kVocabulary}, 4, at::kFloat), 2).topk(tokens, 2);
  texts.topk_ids = ids.to(at::kInt);
  texts.topk_log_probability = values;
  return texts;
}

class Distillation : public ::testing::Test {
 protected:
  static PluginDriver make_loss(double alpha = 0.2, const std::string& direction = "forward",
                                const std::string& dtype = "head") {
    return {LOSS_DISTILLATION_PLUGIN,
            "loss/distillation",
            {{"alpha", alpha}, {"direction", direction}, {"dtype", dtype}},
            {}};
  }
  static std::vector<at::Tensor> inputs(const Texts& texts) {
    return {texts.hidden,
            texts.head,
            texts.ids,
            texts.counts,
            texts.topk_ids,
            texts.topk_log_probability,
            at::scalar_tensor(texts.temperature),
            {}};
  }
  static PluginDriver::Reverse run(PluginDriver& loss, const Texts& texts, double above = 1) {
    return loss.forward_and_vjp(0, inputs(texts), {1, 1, 0, 0, 0, 0, 0, 0},
                                {at::scalar_tensor(above), {}, {}});
  }
  static void expect_refused(PluginDriver& loss, const std::vector<at::Tensor>& given, const std::string& key,
                             const std::string& message) {
    try {
      loss.forward(0, given);
      ADD_FAILURE() << "was not refused: " << message;
    } catch (const Refused& refusal) {
      EXPECT_EQ(refusal.status, GM_ERROR_USER);
      EXPECT_EQ(refusal.key, key);
      EXPECT_THAT(refusal.what(), HasSubstr(message));
    }
  }
};

TEST_F(Distillation, IsTheMeanOfRowsThatPredictTheNextToken) {
  Texts texts = make(2, 5);
  texts.temperature = 1.5;
  PluginDriver loss = make_loss(0.3);
  const auto found = run(loss, texts);

  loss::RowProblem rows;
  const auto of_rows = [](const at::Tensor& batch) { return batch.narrow(1, 0, 4).flatten(0, 1); };
  rows.targets = texts.ids.narrow(1, 1, 4).flatten().to(at::kLong);
  rows.weights = at::full({8}, 1.0 / 8, at::kDouble);
  rows.topk_ids = of_rows(texts.topk_ids).to(at::kLong);
  rows.topk_log_probability = of_rows(texts.topk_log_probability);
  const auto plain = loss::test::plain_distillation(of_rows(texts.hidden), texts.head, rows,
                                                    {0.3, 1.5, loss::Direction::forward});
  EXPECT_NEAR(found.outputs[0].item<double>(), plain.loss.item<double>(), 1e-5);
  EXPECT_TRUE(at::allclose(found.outputs[1].to(at::kDouble), plain.nll.view({2, 4}).mean(1), 1e-5, 1e-5));
  EXPECT_TRUE(at::allclose(found.outputs[2].to(at::kDouble), plain.kl.view({2, 4}).mean(1), 1e-5, 1e-5));
}

TEST_F(Distillation, IsNotChangedByPadding) {
  for (const char* direction : {"forward", "reverse"}) {
    PluginDriver loss = make_loss(0.2, direction);
    const Texts bare = make(2, 5);
    Texts padded = make(3, 9);
    for (const auto member : {&Texts::hidden, &Texts::ids, &Texts::topk_ids, &Texts::topk_log_probability}) {
      (padded.*member).narrow(0, 0, 2).narrow(1, 0, 5).copy_(bare.*member);
    }
    padded.counts.zero_();
    padded.counts.narrow(0, 0, 2).narrow(1, 0, 5).fill_(1);
    // What stands in padding is not looked at, whatever it is.
    padded.ids[0][7] = 1 << 30;
    padded.topk_ids[2].fill_(-1);
    padded.topk_log_probability[2].fill_(9);
    const auto without = run(loss, bare);
    const auto with = run(loss, padded);
    EXPECT_EQ(with.outputs[0].item<float>(), without.outputs[0].item<float>());
    EXPECT_TRUE(at::equal(with.outputs[2].narrow(0, 0, 2), without.outputs[2]));
    EXPECT_TRUE(at::equal(with.gradients[0].narrow(0, 0, 2).narrow(1, 0, 5), without.gradients[0]));
    EXPECT_TRUE(at::equal(with.gradients[1], without.gradients[1]));
    EXPECT_EQ(with.gradients[0][2].count_nonzero().item<std::int64_t>(), 0);
  }
}

TEST_F(Distillation, GivesGradientsInTheMeasureOfTheLossesShare) {
  const Texts texts = make(2, 5);
  PluginDriver loss = make_loss();
  const auto whole = run(loss, texts, 1);
  const auto half = run(loss, texts, 0.5);
  for (const std::size_t input : {0u, 1u}) {
    EXPECT_TRUE(at::allclose(half.gradients[input], whole.gradients[input] * 0.5, 1e-6, 1e-9));
  }
}

TEST_F(Distillation, GivesTheSameGradientWhereTheOtherIsNotWanted) {
  const Texts texts = make(2, 5);
  PluginDriver loss = make_loss();
  const auto both = run(loss, texts);
  for (const std::size_t input : {0u, 1u}) {
    std::vector<std::uint8_t> need(8, 0);
    need[input] = 1;
    const auto one = loss.forward_and_vjp(0, inputs(texts), need, {at::ones({}), {}, {}});
    EXPECT_TRUE(at::equal(one.gradients[input], both.gradients[input]));
    EXPECT_FALSE(one.gradients[1 - input].defined());
  }
}

TEST_F(Distillation, InBfloat16IsNearAndGivesGradientsInTheTypesOfItsInputs) {
  const Texts texts = make(3, 20);
  PluginDriver exact = make_loss();
  PluginDriver rounded = make_loss(0.2, "forward", "bf16");
  const auto expected = run(exact, texts);
  const auto found = run(rounded, texts);
  EXPECT_NEAR(found.outputs[0].item<float>(), expected.outputs[0].item<float>(), 2e-2);
  for (const std::size_t input : {0u, 1u}) {
    EXPECT_EQ(found.gradients[input].scalar_type(), at::kFloat);
    const at::Tensor error = found.gradients[input] - expected.gradients[input];
    EXPECT_LT((error.norm() / expected.gradients[input].norm()).item<double>(), 2e-2);
  }
}

TEST_F(Distillation, WithAlphaOneIsCrossEntropy) {
  const Texts texts = make(2, 9);
  PluginDriver loss = make_loss(1);
  PluginDriver cross_entropy{
      LOSS_CROSS_ENTROPY_PLUGIN, "loss/cross-entropy", {{"dtype", std::string("head")}}, {}};
  const auto found = run(loss, texts);
  const auto from_hidden = cross_entropy.forward_and_vjp(
      1, {texts.hidden, texts.head, texts.ids, texts.counts}, {1, 1, 0, 0}, {at::ones({}), {}});
  const at::Tensor logits = at::matmul(texts.hidden, texts.head.t());
  const auto from_logits =
      cross_entropy.forward_and_vjp(0, {logits, texts.ids, texts.counts}, {1, 0, 0}, {at::ones({}), {}});
  for (const auto& other : {from_hidden, from_logits}) {
    EXPECT_NEAR(found.outputs[0].item<float>(), other.outputs[0].item<float>(), 1e-5);
    EXPECT_TRUE(at::allclose(found.outputs[1], other.outputs[1], 1e-5, 1e-5));
  }
  for (const std::size_t input : {0u, 1u}) {
    EXPECT_TRUE(at::allclose(found.gradients[input], from_hidden.gradients[input], 1e-5, 1e-7));
  }
  const at::Tensor through_logits = at::matmul(from_logits.gradients[0], texts.head);
  EXPECT_TRUE(at::allclose(found.gradients[0], through_logits, 1e-4, 1e-6));
}

TEST_F(Distillation, TakesAlphaFromItsPortWhereThatIsWired) {
  const Texts texts = make(2, 5);
  PluginDriver by_option = make_loss(0.6);
  PluginDriver by_port = make_loss(0.1);
  auto given = inputs(texts);
  given[7] = at::scalar_tensor(0.6);
  EXPECT_NEAR(by_port.forward(0, given)[0].item<float>(),
              by_option.forward(0, inputs(texts))[0].item<float>(), 1e-5);
  given[7] = at::scalar_tensor(1.5);
  expect_refused(by_port, given, "alpha", "alpha is 1.5");
  given = inputs(texts);
  given[6] = at::scalar_tensor(0.0);
  expect_refused(by_port, given, "topk_temperature", "topk_temperature is 0.0");
}

TEST_F(Distillation, RefusesTheTokensOfAnotherVocabulary) {
  PluginDriver loss = make_loss();
  Texts texts = make(2, 5);
  texts.topk_ids[1][2][0] = kVocabulary;
  expect_refused(loss, inputs(texts), "topk_ids", "the teacher's token 50 is outside the vocabulary of 50");
  texts = make(2, 5);
  texts.ids[0][1] = 1000;
  expect_refused(loss, inputs(texts), "ids", "target 1000 is outside the vocabulary of 50");
}

TEST_F(Distillation, RefusesMoreTokensThanTheVocabularyHas) {
  PluginDriver loss = make_loss();
  Texts texts = make(2, 5, kVocabulary);
  const auto one_more = [](const at::Tensor& tensor) { return at::cat({tensor, tensor.narrow(2, 0, 1)}, 2); };
  texts.topk_ids = one_more(texts.topk_ids);
  texts.topk_log_probability = one_more(texts.topk_log_probability);
  expect_refused(loss, inputs(texts), "topk_ids",
                 "the teacher gives 51 tokens a row when the student's vocabulary has 50");
}

TEST_F(Distillation, RefusesARowWithATokenTwice) {
  PluginDriver loss = make_loss();
  Texts texts = make(2, 5);
  texts.topk_ids[1][2][0] = texts.topk_ids[1][2][3];
  expect_refused(loss, inputs(texts), "topk_ids", "stands twice among the most probable tokens of a row");
}

TEST_F(Distillation, RefusesABatchWithoutTargets) {
  PluginDriver loss = make_loss();
  Texts texts = make(2, 5);
  texts.counts.zero_();
  expect_refused(loss, inputs(texts), "counts", "no token of the batch counts as a target");
}

}  // namespace
}  // namespace gistmill::test
