// Collecting the neighbors that tokens have.
#include "plugins/tokenizer/spm/joints.hpp"

namespace gistmill::spm {

void Joints::allow(std::string_view token) {
  if (token.empty()) return;
  std::size_t size = 0;
  std::size_t left = class_at(token, 0, &size);
  for (std::size_t at = size; at < token.size(); at += size) {
    const std::size_t right = class_at(token, at, &size);
    allowed_[left * kClasses + right] = true;
    left = right;
  }
}

}  // namespace gistmill::spm
