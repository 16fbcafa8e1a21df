#include "plugins/dataset/spans/windows.hpp"

#include <algorithm>
#include <numeric>
#include <string>

#include <gistmill/formats/token_file.hpp>
#include <gistmill/plugin/values.hpp>
#include <gistmill/random.hpp>

namespace gistmill::dataset {
std::vector<Window> find_windows(const formats::TokenFileReader& file, std::int32_t split,
                                 std::int64_t length, bool first_only) {
  std::vector<Window> windows;
  const auto needed = static_cast<std::uint64_t>(length);
  std::size_t documents = 0;
  std::size_t longest = 0;
  for (std::size_t i = 0; i < file.documents(); ++i) {
    if (file.split(i) != split) continue;
    if (documents++ == 0 || file.length(i) > file.length(longest)) longest = i;
    for (std::uint64_t begin = 0; begin + needed <= file.length(i); begin += needed) {
      windows.push_back({static_cast<std::uint32_t>(i), begin});
      if (first_only) break;
    }
  }
  const std::string side = split == formats::kTrainSplit ? "train" : "validation";
  if (documents == 0) {
    throw Error(GM_ERROR_USER,
                "none of " + std::to_string(file.documents()) + " documents is in the " + side + " split",
                "split");
  }
  if (windows.empty()) {
    throw Error(GM_ERROR_USER,
                "the longest of " + std::to_string(documents) + " " + side + " documents, '" +
                    std::string(file.name(longest)) + "', has " + std::to_string(file.length(longest)) +
                    " tokens when a window needs " + std::to_string(length) +
                    "; take a smaller document length or longer texts",
                "document");
  }
  return windows;
}

std::vector<Window> limit_windows(std::vector<Window> windows, std::size_t limit) {
  if (limit == 0 || limit >= windows.size()) return windows;
  for (std::size_t i = 0; i < limit; ++i) windows[i] = windows[i * windows.size() / limit];
  windows.resize(limit);
  return windows;
}

WindowOrder::WindowOrder(std::size_t windows, bool shuffle, bool repeat)
    : order_(windows), shuffle_(shuffle), repeat_(repeat) {
  arrange();
}

void WindowOrder::set_seed(std::uint64_t seed) {
  seed_ = seed;
  arrange();
}

// From the identity, so that an epoch's order needs no epoch before it.
void WindowOrder::arrange() {
  std::iota(order_.begin(), order_.end(), 0u);
  if (!shuffle_) return;
  KeyedRandom random(combined_key(seed_, epoch_));
  random.shuffle(order_.begin(), order_.end());
}

bool WindowOrder::next(std::size_t& window) {
  if (place_ == order_.size()) {
    if (!repeat_) return false;
    ++epoch_;
    place_ = 0;
    arrange();
  }
  window = order_[place_++];
  return true;
}

void WindowOrder::seek(std::uint64_t epoch, std::size_t place) {
  epoch_ = epoch;
  place_ = place;
  arrange();
}

}  // namespace gistmill::dataset
