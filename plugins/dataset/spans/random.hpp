// Numbers from a key, the same on every machine. Not for secrets, and without state that others could see:
// the standard library's distributions differ between implementations, so they are not used.
#pragma once

#include <cstdint>
#include <vector>

namespace gistmill::dataset {

// SplitMix64 (Steele, Lea, Flood 2014): a counter through a mixing function.
class KeyedRandom {
 public:
  explicit KeyedRandom(std::uint64_t key) : counter_(key) {}

  std::uint64_t next() {
    std::uint64_t z = counter_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  // Uniform in [0, bound), bound > 0: the tail that would favor small numbers is drawn again.
  std::uint64_t below(std::uint64_t bound) {
    const std::uint64_t tail = (0 - bound) % bound;  // 2^64 mod bound
    std::uint64_t value = next();
    while (value < tail) value = next();
    return value % bound;
  }

 private:
  std::uint64_t counter_;
};

// One key out of two, so that (1, 2) and (2, 1) are unrelated.
inline std::uint64_t combined_key(std::uint64_t a, std::uint64_t b) {
  return KeyedRandom(KeyedRandom(a).next() ^ b).next();
}

}  // namespace gistmill::dataset
