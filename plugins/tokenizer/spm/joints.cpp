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

void Joints::allow_all() { allowed_.assign(allowed_.size(), true); }

void Joints::cut_before_spaces() {
  for (std::size_t left = 0; left < kClasses; ++left) allowed_[left * kClasses + ' '] = false;
}

}  // namespace gistmill::spm
