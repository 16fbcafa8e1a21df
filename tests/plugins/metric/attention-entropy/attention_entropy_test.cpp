// metric/attention-entropy: a figure of compressors that say something of their attention.
#include <gmock/gmock.h>

#include "tests/plugins/support/plugin_driver.hpp"

namespace gistmill::test {
namespace {

at::Tensor measure(const at::Tensor& entropy) {
  PluginDriver metric(METRIC_ATTENTION_ENTROPY_PLUGIN, "metric/attention-entropy", {}, {});
  return metric.forward(0, {at::zeros({3, 1, 4}), entropy})[0];
}

TEST(AttentionEntropyMetric, IsWhatTheCompressorSaysOfEachSpan) {
  const at::Tensor entropy = at::tensor({0.f, 2.5f, 5.f});
  EXPECT_TRUE(at::equal(measure(entropy), entropy));
}

TEST(AttentionEntropyMetric, HasNoValueWhereTheCompressorSaysNothing) {
  const at::Tensor found = measure({});
  EXPECT_EQ(found.sizes(), (at::IntArrayRef{3}));
  EXPECT_TRUE(found.isnan().all().item<bool>());
}

}  // namespace
}  // namespace gistmill::test
