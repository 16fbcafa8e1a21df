// metric/perplexity: exp of a mean negative log-likelihood. Needs no LibTorch.
#pragma once

#include <gistmill/plugin.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace gistmill::metric {

class Perplexity {
 public:
  explicit Perplexity(const Options&) {}

  // nll f32[B], counts f32[B, T] -> perplexity f32[B]
  Tensor measure(const Tensor& nll, const std::optional<Tensor>& counts) const {
    const std::int64_t rows = nll.shape()[0];
    std::vector<float> perplexity;
    for (std::int64_t row = 0; row < rows; ++row) {
      const bool measured = !counts || takes_part(*counts, row);
      perplexity.push_back(measured
                               ? static_cast<float>(std::exp(static_cast<double>(nll.data<float>()[row])))
                               : std::numeric_limits<float>::quiet_NaN());
    }
    return Tensor::of(perplexity, {rows});
  }

  // nll, nll_before f32[B] -> perplexity_change f32[B]
  Tensor compare(const Tensor& nll, const Tensor& nll_before) const {
    std::vector<float> change;
    for (std::int64_t row = 0; row < nll.size(); ++row)
      change.push_back(std::exp(nll.data<float>()[row] - nll_before.data<float>()[row]));
    return Tensor::of(change, {nll.size()});
  }

 private:
  // The first token of a text has nothing before it, so it never counts.
  static bool takes_part(const Tensor& counts, std::int64_t row) {
    const std::int64_t length = counts.shape()[1];
    const float* counted = counts.data<float>() + row * length;
    const std::int64_t tokens =
        std::count_if(counted + 1, counted + length, [](float count) { return count != 0; });
    if (tokens == 0) return false;
    if (tokens < length - 1) {
      throw Error(
          GM_ERROR_USER,
          "of a text " + std::to_string(tokens) + " of " + std::to_string(length - 1) +
              " tokens count: the mean over texts is then not that over tokens; pack with tail = \"join\" "
              "or \"drop\"",
          "counts");
    }
    return true;
  }
};

}  // namespace gistmill::metric
