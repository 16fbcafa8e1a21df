// What labels of dataset/focus are measured of: every legal swap of the context as it is, as rows of a
// model's input, and the whole history to compare with. Neither looks behind the cursor.
#include <algorithm>
#include <gistmill/random.hpp>
#include <utility>

#include "plugins/dataset/focus/focus.hpp"
#include "plugins/dataset/focus/whole_numbers.hpp"
#include "plugins/focus/common/candidates.hpp"

namespace gistmill::dataset {
namespace {

// `count` of the swaps, each as likely as another, in their order; the key alone decides.
std::vector<focus::Swap> sample(const std::vector<focus::Swap>& swaps, std::int64_t count,
                                std::uint64_t key) {
  KeyedRandom random(key);
  std::vector<std::uint32_t> order = random.permutation(static_cast<std::uint32_t>(swaps.size()));
  order.resize(static_cast<std::size_t>(count));
  std::sort(order.begin(), order.end());
  std::vector<focus::Swap> chosen;
  for (const std::uint32_t i : order) chosen.push_back(swaps[i]);
  return chosen;
}

}  // namespace

std::vector<focus::Swap> Focus::measured_swaps() const {
  const std::int32_t iteration = session().iteration();
  if (!is_measured()) return {};
  std::vector<focus::Swap> swaps = legal_swaps(session().context().arrays(iteration).entries());
  if (candidates_ == 0 || static_cast<std::int64_t>(swaps.size()) <= candidates_) return swaps;
  return sample(swaps, candidates_,
                combined_key(static_cast<std::uint64_t>(begun_), static_cast<std::uint64_t>(iteration)));
}

std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> Focus::candidates()
    const {
  focus::Candidates all =
      focus::candidates_of(session().context(), session().tree().data(), place_, measured_swaps());
  for (const std::int32_t place : all.gist_place)
    all.token[static_cast<std::size_t>(place)] = 0;  // any id: a gist stands there
  return {list(all.entry),     list(all.direction), list(all.first),   list(all.removed),
          list(all.added),     row(all.token),      row(all.position), row(all.gist_place),
          row(all.gist_level), row(all.gist_start)};
}

std::tuple<Tensor, Tensor, Tensor> Focus::whole() const {
  const focus::Tree& tree = session().tree();
  std::vector<std::int32_t> positions(static_cast<std::size_t>(tree.tokens()));
  for (std::size_t i = 0; i < positions.size(); ++i) positions[i] = static_cast<std::int32_t>(i);
  return {row(std::vector<std::int32_t>(tree.data(), tree.data() + tree.tokens())), row(positions),
          mask(is_measured())};
}

}  // namespace gistmill::dataset
