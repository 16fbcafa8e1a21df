#include "plugins/memory/tree/vectors.hpp"

namespace gistmill::memory {

void TreeVectors::append(const float* gist) {
  level_1_.insert(level_1_.end(), gist, gist + width_);
  if (count() % block_ != 0) return;
  const float* const first = level_1_.data() + (count() - block_) * width_;
  for (std::int64_t i = 0; i < width_; ++i) {
    double sum = 0;
    for (std::int64_t k = 0; k < block_; ++k) sum += static_cast<double>(first[k * width_ + i]);
    level_2_.push_back(static_cast<float>(sum / static_cast<double>(block_)));
  }
}

}  // namespace gistmill::memory
