// Delta-NLL of each span, whole and in parts: metric/delta-nll, metric/delta-nll-by-distance,
// metric/delta-nll-by-surprise, metric/substitutability, metric/perplexity-ratio; and that of whole texts,
// metric/text-delta-nll. Needs no LibTorch.
#include <gistmill/plugin.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "plugins/metric/delta-nll/targets.hpp"

namespace {

using gistmill::Error;
using gistmill::Tensor;
using gistmill::delta_nll::mean_difference;
using gistmill::delta_nll::Range;
using gistmill::delta_nll::ranges_of;
using gistmill::delta_nll::Targets;

// nll_replaced, nll_original, mask f32[K, H] -> f32[K, M], of which column m of a span is figure(targets, m).
template <class Figure>
Tensor per_span(const Tensor& nll_replaced, const Tensor& nll_original, const Tensor& mask,
                std::size_t columns, Figure&& figure) {
  const std::int64_t spans = mask.shape()[0];
  const std::int64_t targets = mask.shape()[1];
  Tensor result = Tensor::zeros<float>({spans, static_cast<std::int64_t>(columns)});
  float* out = result.mutable_data<float>();
  for (std::int64_t k = 0; k < spans; ++k) {
    const std::int64_t row = k * targets;
    const Targets span{nll_replaced.data<float>() + row, nll_original.data<float>() + row,
                       mask.data<float>() + row};
    for (std::size_t m = 0; m < columns; ++m) *out++ = figure(span, m);
  }
  return result;
}

constexpr auto kAll = [](std::int64_t) { return true; };

class DeltaNll {
 public:
  explicit DeltaNll(const gistmill::Options& options)
      : horizons_(options.integers("horizons")), first_(options.integer("first") - 1) {
    if (horizons_.empty())
      throw Error(GM_ERROR_USER, "horizons is empty when it should name one or more", "horizons");
    for (const std::int64_t horizon : horizons_) {
      if (horizon > first_) continue;
      throw Error(GM_ERROR_USER,
                  "first is " + std::to_string(first_ + 1) + " when horizon " + std::to_string(horizon) +
                      " ends before it",
                  "first");
    }
  }

  void start(const gistmill::Start& start) const {
    const std::int64_t targets = start.symbol_or("H", -1);
    if (targets >= 0) check(targets);
  }

  // -> delta_nll f32[K, M]
  Tensor measure(const Tensor& nll_replaced, const Tensor& nll_original, const Tensor& mask) const {
    check(mask.shape()[1]);
    return per_span(nll_replaced, nll_original, mask, horizons_.size(),
                    [&](const Targets& span, std::size_t m) {
                      return mean_difference(span, first_, horizons_[m], kAll);
                    });
  }

 private:
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
  std::int64_t first_;  // from 0
};

// 1 where the span's delta-NLL is below the limit.
class Substitutability : public DeltaNll {
 public:
  explicit Substitutability(const gistmill::Options& options)
      : DeltaNll(options), limit_(options.number("limit")) {}

  // -> substitutability f32[K, M]
  Tensor measure(const Tensor& nll_replaced, const Tensor& nll_original, const Tensor& mask) const {
    Tensor values = DeltaNll::measure(nll_replaced, nll_original, mask);
    float* value = values.mutable_data<float>();
    const std::int64_t count = values.shape()[0] * values.shape()[1];
    for (std::int64_t i = 0; i < count; ++i) {
      if (!std::isnan(value[i])) value[i] = value[i] < limit_ ? 1.0f : 0.0f;
    }
    return values;
  }

 private:
  double limit_;
};

class PerplexityRatio : public DeltaNll {
 public:
  using DeltaNll::DeltaNll;

  // -> perplexity_ratio f32[K, M]
  Tensor measure(const Tensor& nll_replaced, const Tensor& nll_original, const Tensor& mask) const {
    Tensor values = DeltaNll::measure(nll_replaced, nll_original, mask);
    float* value = values.mutable_data<float>();
    const std::int64_t count = values.shape()[0] * values.shape()[1];
    for (std::int64_t i = 0; i < count; ++i) value[i] = std::exp(value[i]);
    return values;
  }
};

class ByDistance {
 public:
  explicit ByDistance(const gistmill::Options& options)
      : ranges_(ranges_of(options.strings("ranges"), "ranges")) {
    for (const Range& range : ranges_) {
      if (range.from >= 1) continue;
      throw Error(GM_ERROR_USER, "the first token after a span is number 1", "ranges");
    }
  }

  // -> delta_nll_by_distance f32[K, M]
  Tensor measure(const Tensor& nll_replaced, const Tensor& nll_original, const Tensor& mask) const {
    const double targets = static_cast<double>(mask.shape()[1]);
    return per_span(
        nll_replaced, nll_original, mask, ranges_.size(), [&](const Targets& span, std::size_t m) {
          const auto first = static_cast<std::int64_t>(std::ceil(ranges_[m].from)) - 1;
          const auto last = static_cast<std::int64_t>(std::min(std::floor(ranges_[m].to), targets));
          return mean_difference(span, first, last, kAll);
        });
  }

 private:
  std::vector<Range> ranges_;
};

class BySurprise {
 public:
  explicit BySurprise(const gistmill::Options& options)
      : ranges_(ranges_of(options.strings("ranges"), "ranges")), horizon_(options.integer("horizon")) {}

  // -> delta_nll_by_surprise f32[K, M]
  Tensor measure(const Tensor& nll_replaced, const Tensor& nll_original, const Tensor& mask) const {
    const std::int64_t last = std::min(horizon_, mask.shape()[1]);
    return per_span(nll_replaced, nll_original, mask, ranges_.size(),
                    [&](const Targets& span, std::size_t m) {
                      return mean_difference(span, 0, last, [&](std::int64_t i) {
                        const auto surprise = static_cast<double>(span.original[i]);
                        return surprise >= ranges_[m].from && surprise < ranges_[m].to;
                      });
                    });
  }

 private:
  std::vector<Range> ranges_;
  std::int64_t horizon_;
};

class TextDelta {
 public:
  explicit TextDelta(const gistmill::Options&) {}

  // nll, nll_original f32[B] -> text_delta_nll f32[B]
  Tensor measure(const Tensor& nll, const Tensor& nll_original) const {
    Tensor result = Tensor::zeros<float>(nll.shape());
    for (std::int64_t i = 0; i < nll.size(); ++i)
      result.mutable_data<float>()[i] = nll.data<float>()[i] - nll_original.data<float>()[i];
    return result;
  }
};

}  // namespace

GISTMILL_PLUGIN(
    gistmill::component<DeltaNll>("metric/delta-nll").operation("measure", &DeltaNll::measure),
    gistmill::component<Substitutability>("metric/substitutability")
        .operation("measure", &Substitutability::measure),
    gistmill::component<PerplexityRatio>("metric/perplexity-ratio")
        .operation("measure", &PerplexityRatio::measure),
    gistmill::component<ByDistance>("metric/delta-nll-by-distance")
        .operation("measure", &ByDistance::measure),
    gistmill::component<BySurprise>("metric/delta-nll-by-surprise")
        .operation("measure", &BySurprise::measure),
    gistmill::component<TextDelta>("metric/text-delta-nll").operation("measure", &TextDelta::measure));
