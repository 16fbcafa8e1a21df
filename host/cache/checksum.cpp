// Four independent lanes of multiply and rotate, after XXH64 (Y. Collet, xxhash.com).
#include "host/cache/checksum.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace gistmill {

namespace {
constexpr std::uint64_t kFirst = 0x9E3779B185EBCA87;
constexpr std::uint64_t kSecond = 0xC2B2AE3D27D4EB4F;
}  // namespace

void Checksum::mix(const char* block) {
  std::array<std::uint64_t, 4> words;
  std::memcpy(words.data(), block, kBlock);
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    lanes_[i] = std::rotl(lanes_[i] + words[i] * kSecond, 31) * kFirst;
  }
}

void Checksum::update(std::string_view bytes) {
  total_ += bytes.size();
  if (pending_size_ > 0) {
    const std::size_t taken = std::min(kBlock - pending_size_, bytes.size());
    bytes.copy(pending_.data() + pending_size_, taken);
    pending_size_ += taken;
    bytes.remove_prefix(taken);
    if (pending_size_ < kBlock) return;
    mix(pending_.data());
    pending_size_ = 0;
  }
  for (; bytes.size() >= kBlock; bytes.remove_prefix(kBlock)) mix(bytes.data());
  bytes.copy(pending_.data(), bytes.size());
  pending_size_ = bytes.size();
}

std::uint64_t Checksum::value() const {
  Checksum last = *this;
  std::fill(last.pending_.begin() + static_cast<std::ptrdiff_t>(pending_size_), last.pending_.end(), '\0');
  last.mix(last.pending_.data());
  std::uint64_t value = total_;  // so that zeros at the end count
  for (const std::uint64_t lane : last.lanes_) value = (value ^ lane) * kFirst;
  return value ^ (value >> 29);
}

}  // namespace gistmill
