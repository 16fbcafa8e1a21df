// The order of rotated rows, and scaled frequencies.
#include "plugins/teacher/decoder/files/rotary.hpp"
#include "plugins/teacher/decoder/files/row_order.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

namespace gistmill::decoder::test {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::Pointwise;

TEST(RotatedRows, PairRowsThatHuggingFaceKeepsHalfAHeadApart) {
  // two heads of four: rows 0 and 2 rotate together, rows 1 and 3 do
  EXPECT_THAT(paired_order(8, 2), ElementsAre(0, 2, 1, 3, 4, 6, 5, 7));
  const at::Tensor rows = at::arange(16, at::kFloat).view({8, 2});
  const at::Tensor order = at::tensor(paired_order(8, 2));
  EXPECT_TRUE(at::equal(paired(rows, 2), rows.index_select(0, order)));
}

TEST(RotatedRows, ComeBackAsTheyWere) {
  const at::Tensor rows = at::arange(36, at::kFloat).view({18, 2});
  EXPECT_TRUE(at::equal(half_split(paired(rows, 3), 3), rows));
  const at::Tensor bias = at::arange(18, at::kFloat);
  EXPECT_TRUE(at::equal(half_split(paired(bias, 3), 3), bias));
}

TEST(RotatedRows, AreThoseOfQueriesKeysAndTheirNorms) {
  Config config;
  config.heads = 6;
  config.kv_heads = 2;
  EXPECT_EQ(rotated_heads(config, "blk.3.attn_q.weight"), 6);
  EXPECT_EQ(rotated_heads(config, "blk.3.attn_k.bias"), 2);
  EXPECT_EQ(rotated_heads(config, "blk.3.attn_q_norm.weight"), 1);
  EXPECT_EQ(rotated_heads(config, "blk.3.attn_k_norm.weight"), 1);
  EXPECT_EQ(rotated_heads(config, "blk.3.attn_v.weight"), 0);
  EXPECT_EQ(rotated_heads(config, "blk.3.attn_output.weight"), 0);
  config.positions = PositionKind::kLearned;
  EXPECT_EQ(rotated_heads(config, "blk.3.attn_q.weight"), 0);
}

// Values of transformers 5.23, _compute_llama3_parameters, for Llama 3.1: pairs kept, blended and divided.
TEST(RotaryFrequencies, ScaleAsLlama31) {
  Rotary rotary;
  rotary.base = 500000.0;
  rotary.scaling = Rotary::Scaling::kLlama3;
  rotary.factor = 8.0;
  rotary.original_context = 8192.0;
  const std::vector<double> scaled = frequencies(rotary, 128);
  const std::vector<double> plain = rotary_frequencies(500000.0, 128);
  EXPECT_EQ(scaled[0], plain[0]);
  EXPECT_EQ(scaled[28], plain[28]);
  EXPECT_NEAR(scaled[30], 1.371893683e-03, 1e-9);
  EXPECT_NEAR(scaled[33], 3.126936499e-04, 1e-9);
  EXPECT_EQ(scaled[40], plain[40] / 8.0);
  EXPECT_EQ(scaled[63], plain[63] / 8.0);
}

// Values of transformers 5.24, _compute_yarn_parameters, for Qwen2.5 with a factor of 4.
TEST(RotaryFrequencies, ScaleAsQwen25InYarn) {
  Rotary rotary;
  rotary.base = 1000000.0;
  rotary.scaling = Rotary::Scaling::kYarn;
  rotary.factor = 4.0;
  rotary.original_context = 32768.0;
  const std::vector<double> scaled = frequencies(rotary, 128);
  EXPECT_EQ(scaled[20], rotary_frequencies(1000000.0, 128)[20]);  // kept
  EXPECT_NEAR(scaled[30], 1.064360957e-03, 1e-9);
  EXPECT_NEAR(scaled[34], 3.342405544e-04, 1e-10);
  EXPECT_NEAR(scaled[45], 1.510740913e-05, 1e-11);
  EXPECT_NEAR(scaled[63], 3.102344408e-07, 1e-13);
  EXPECT_NEAR(yarn_magnitude(4.0), 1.138629436, 1e-9);
  EXPECT_EQ(context_of(rotary, 32768), 131072);
}

TEST(RotaryFrequencies, ScaleLinearlyOrByFactors) {
  Rotary rotary;
  rotary.base = 100.0;
  rotary.scaling = Rotary::Scaling::kLinear;
  rotary.factor = 4.0;
  EXPECT_THAT(frequencies(rotary, 4), Pointwise(DoubleNear(1e-12), {0.25, 0.025}));
  rotary.scaling = Rotary::Scaling::kFactors;
  rotary.factors = {1.0, 2.0};
  EXPECT_THAT(frequencies(rotary, 4), Pointwise(DoubleNear(1e-12), {1.0, 0.05}));
}

TEST(RotaryFrequencies, SayWhatTheyAre) {
  Rotary rotary;
  EXPECT_EQ(describe(rotary).dump(), R"({"base":10000.0,"kind":"default"})");
  rotary.scaling = Rotary::Scaling::kLinear;
  rotary.factor = 2.0;
  EXPECT_EQ(describe(rotary).dump(), R"({"base":10000.0,"factor":2.0,"kind":"linear"})");
}

}  // namespace
}  // namespace gistmill::decoder::test
