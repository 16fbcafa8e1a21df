// metric/attention-entropy: what a compressor says of its attention, as a figure that others lack. Needs no
// LibTorch.
#include <gistmill/plugin.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace {

using gistmill::Tensor;

class AttentionEntropy {
 public:
  explicit AttentionEntropy(const gistmill::Options&) {}

  // gist f32[K, G, D], attention_entropy f32[K] -> attention_bits f32[K]
  Tensor measure(const Tensor& gist, const std::optional<Tensor>& attention_entropy) const {
    const std::int64_t spans = gist.shape()[0];
    std::vector<float> bits(static_cast<std::size_t>(spans), std::numeric_limits<float>::quiet_NaN());
    if (attention_entropy) {
      const float* given = attention_entropy->data<float>();
      bits.assign(given, given + spans);
    }
    return Tensor::of(bits, {spans});
  }
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<AttentionEntropy>("metric/attention-entropy")
                    .operation("measure", &AttentionEntropy::measure));
