#include "plugins/lensnet/oracle/oracle.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace gistmill::lensnet {

Tensor Oracle::score(const Tensor& levels, const Tensor& starts, const Tensor& block, const Tensor& cursor,
                     const Tensor& protected_tail, const Tensor& utilities) const {
  const Tensor counts = Tensor::of<std::int32_t>({static_cast<std::int32_t>(levels.size())}, {1});
  return scores(focus::batch_arrays(counts, levels, starts, block, cursor, protected_tail), utilities, true);
}

Tensor Oracle::score_batch(const Tensor& counts, const Tensor& levels, const Tensor& starts,
                           const Tensor& block, const Tensor& cursor, const Tensor& protected_tail,
                           const Tensor& utilities) const {
  return scores(focus::batch_arrays(counts, levels, starts, block, cursor, protected_tail), utilities, false);
}

Tensor Oracle::scores(const focus::BatchArrays& arrays, const Tensor& utilities, bool mask) const {
  const focus::ContextBatch contexts = focus::checked_batch(arrays);
  if (utilities.size() != 2 * static_cast<std::int64_t>(arrays.entries)) {
    throw Error(GM_ERROR_USER,
                "utilities has " + std::to_string(utilities.size()) + " numbers when the contexts have " +
                    std::to_string(arrays.entries) + " entries",
                "utilities");
  }
  Tensor all = Tensor::zeros<float>({static_cast<std::int64_t>(arrays.entries)});
  for (std::size_t i = 0; i < contexts.size(); ++i) {
    const std::vector<float> own =
        focus::targets_of(contexts[i], utilities.data<float>() + 2 * contexts.first(i), targets_);
    float* const out = all.mutable_data<float>() + contexts.first(i);
    std::transform(own.begin(), own.end(), out, [](float y) { return std::isnan(y) ? 0.0f : y; });
    if (mask) focus::mask_scores(contexts[i], out);
  }
  return all;
}

}  // namespace gistmill::lensnet
