// metric/delta-nll: one figure a span and horizon. Needs no LibTorch.
#include <gistmill/plugin.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace {

using gistmill::Error;
using gistmill::Tensor;

class DeltaNll {
 public:
  explicit DeltaNll(const gistmill::Options& options) : horizons_(options.integers("horizons")) {
    if (horizons_.empty())
      throw Error(GM_ERROR_USER, "horizons is empty when it should name one or more", "horizons");
  }

  void start(const gistmill::Start& start) const {
    const std::int64_t targets = start.symbol_or("H", -1);
    if (targets >= 0) check(targets);
  }

  // nll_replaced, nll_original, mask f32 [K, H] -> delta_nll f32 [K, M]
  Tensor measure(const Tensor& nll_replaced, const Tensor& nll_original, const Tensor& mask) const {
    const std::int64_t spans = mask.shape()[0];
    const std::int64_t targets = mask.shape()[1];
    check(targets);
    const auto columns = static_cast<std::int64_t>(horizons_.size());
    Tensor delta_nll = Tensor::zeros<float>({spans, columns});
    for (std::int64_t k = 0; k < spans; ++k) {
      const std::int64_t row = k * targets;
      for (std::int64_t m = 0; m < columns; ++m) {
        delta_nll.mutable_data<float>()[k * columns + m] =
            mean_difference(nll_replaced.data<float>() + row, nll_original.data<float>() + row,
                            mask.data<float>() + row, horizons_[static_cast<std::size_t>(m)]);
      }
    }
    return delta_nll;
  }

 private:
  static float mean_difference(const float* replaced, const float* original, const float* mask,
                               std::int64_t horizon) {
    double sum = 0;
    std::int64_t existing = 0;
    for (std::int64_t i = 0; i < horizon; ++i) {
      if (mask[i] == 0) continue;
      sum += static_cast<double>(replaced[i]) - static_cast<double>(original[i]);
      ++existing;
    }
    if (existing == 0) return std::numeric_limits<float>::quiet_NaN();
    return static_cast<float>(sum / static_cast<double>(existing));
  }

  void check(std::int64_t targets) const {
    for (const std::int64_t horizon : horizons_) {
      if (horizon <= targets) continue;
      throw Error(GM_ERROR_USER,
                  "horizon " + std::to_string(horizon) + " is longer than the " + std::to_string(targets) +
                      " targets of a span; lower it, or raise the data set's horizon",
                  "horizons");
    }
  }

  std::vector<std::int64_t> horizons_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<DeltaNll>("metric/delta-nll").operation("measure", &DeltaNll::measure));
