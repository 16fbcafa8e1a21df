// Keyed random numbers for C++: the functions of random.h, which says what is guaranteed, as a class. The
// bits are the same. The standard library's distributions and std::shuffle differ between implementations, so
// nothing here rests on them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "gistmill/random.h"

namespace gistmill {

// One key out of two; (1, 2) and (2, 1) are unrelated. To split a key by a number: a document, a row, a head.
inline std::uint64_t combined_key(std::uint64_t a, std::uint64_t b) { return gm_random_combined(a, b); }

// The key of one instance in one step, as Call::random_key gives it.
inline std::uint64_t random_key(std::uint64_t seed, std::string_view name, std::uint64_t step,
                                std::uint64_t micro_step) {
  return gm_random_key(seed, name.data(), name.size(), step, micro_step);
}

// The stream of one key: Call::random_key or Start::seed, or one derived from them.
class KeyedRandom {
 public:
  explicit KeyedRandom(std::uint64_t key) : random_(gm_random_of(key)) {}

  // Number `index` of the stream of `key`, counted from 0, without those before it.
  static std::uint64_t at(std::uint64_t key, std::uint64_t index) { return gm_random_at(key, index); }

  // Uniform in all 64-bit numbers.
  std::uint64_t next() { return gm_random_next(&random_); }

  // Uniform in [0, 1): one of the 2^53 multiples of 2^-53.
  double unit() { return gm_random_unit(&random_); }

  // Uniform in [0, bound), bound > 0, without bias.
  std::uint64_t below(std::uint64_t bound) { return gm_random_below(&random_, bound); }

  // Every order equally likely. Items are swapped, so they need not be copyable.
  template <class RandomAccessIterator>
  void shuffle(RandomAccessIterator first, RandomAccessIterator last) {
    using Distance = typename std::iterator_traits<RandomAccessIterator>::difference_type;
    for (auto i = static_cast<std::uint64_t>(last - first); i > 1; --i) {
      using std::swap;
      swap(first[static_cast<Distance>(i - 1)], first[static_cast<Distance>(below(i))]);
    }
  }

  // 0 .. count - 1, every order equally likely.
  std::vector<std::uint32_t> permutation(std::uint32_t count) {
    std::vector<std::uint32_t> order(count);
    gm_random_permutation(&random_, order.data(), count);
    return order;
  }

 private:
  gm_random random_;
};

}  // namespace gistmill
