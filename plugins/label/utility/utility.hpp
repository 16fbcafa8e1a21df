// label/utility: counterfactual losses into utilities (S3.4 of MegaContext's pages, as gains).
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <tuple>

#include <gistmill/plugin.hpp>

namespace gistmill::label {

class Utility {
 public:
  explicit Utility(const Options& options) : by_kl_(options.string("by") == "kl") {}

  // Ports as in plugin.toml. Throws Error (user): an entry that the context has not, a direction that is
  // none.
  std::tuple<Tensor, Tensor, Tensor> value(const Tensor& levels, const Tensor& entries,
                                           const Tensor& directions, const Tensor& nll, const Tensor& kl,
                                           const Tensor& nll_base, const Tensor& kl_base) const {
    Tensor by_nll = gains(levels.size(), entries, directions, nll, nll_base);
    Tensor by_kl = gains(levels.size(), entries, directions, kl, kl_base);
    const Tensor chosen = by_kl_ ? by_kl : by_nll;
    return {by_nll, by_kl, chosen};
  }

 private:
  // loss f32[B] after each swap, base f32[] before -> f32[N, 2]
  static Tensor gains(std::int64_t count, const Tensor& entries, const Tensor& directions, const Tensor& loss,
                      const Tensor& base) {
    Tensor result = Tensor::zeros<float>({count, 2});
    auto* const values = result.mutable_data<float>();
    for (std::int64_t i = 0; i < 2 * count; ++i) values[i] = std::numeric_limits<float>::quiet_NaN();
    for (std::int64_t b = 0; b < entries.size(); ++b) {
      const std::int64_t entry = entries.data<std::int32_t>()[b];
      const std::int64_t direction = directions.data<std::int32_t>()[b];
      if (entry < 0 || entry >= count)
        refuse("there is no entry " + std::to_string(entry) + " among " + std::to_string(count),
               "edit_entry");
      if (direction != 1 && direction != -1)
        refuse("a direction is " + std::to_string(direction) + " when it should be 1 or -1",
               "edit_direction");
      values[2 * entry + (direction == 1 ? 0 : 1)] = *base.data<float>() - loss.data<float>()[b];
    }
    return result;
  }

  [[noreturn]] static void refuse(const std::string& message, const char* port) {
    throw Error(GM_ERROR_USER, message, port);
  }

  bool by_kl_;
};

}  // namespace gistmill::label
