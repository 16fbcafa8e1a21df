/* Keyed random numbers: the same key gives the same numbers, on every machine and in every order of asking.
 * Not for secrets. C99, header only; random.hpp has the same for C++.
 *
 * Algorithm: SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014).
 * Number i of key k is mix(k + i * gamma), where gamma is 2^64 divided by the golden ratio and mix a
 * bijection of 64-bit numbers. So a stream has no state but a counter, any number of it can be asked for at
 * once, and no number comes twice in a stream of 2^64.
 *
 * Guarantees: integer arithmetic and one exact conversion only, so the bits depend on neither compiler nor
 * processor; they never change within one major version of the ABI, since saved runs go on from them. The
 * streams of two keys are unrelated as far as a statistical test can tell; derive keys with gm_random_key and
 * gm_random_combined, never by adding small numbers to one.
 *
 * An operation takes gm_call.random_key as its key, an instance gm_start.seed:
 *   gm_random random = gm_random_of(call->random_key);
 *   for (i = 0; i < n; ++i) mask[i] = gm_random_unit(&random) < rate; */
#ifndef GISTMILL_RANDOM_H
#define GISTMILL_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* In C++ one entity in the whole program, as inline functions that call these need it. */
#ifdef __cplusplus
#define GM_RANDOM_INLINE inline
extern "C" {
#else
#define GM_RANDOM_INLINE static inline
#endif

#define GM_RANDOM_GAMMA UINT64_C(0x9e3779b97f4a7c15)

/* One stream of numbers. Copy it to go on twice from one place. */
typedef struct gm_random {
  uint64_t counter;
} gm_random;

/* The first number of key x: a bijection that spreads every bit over all others. */
GM_RANDOM_INLINE uint64_t gm_random_mix(uint64_t x) {
  x += GM_RANDOM_GAMMA;
  x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
  return x ^ (x >> 31);
}

/* One key out of two; (1, 2) and (2, 1) are unrelated. To split a key by a number: a document, a row, a head.
 */
GM_RANDOM_INLINE uint64_t gm_random_combined(uint64_t a, uint64_t b) {
  return gm_random_mix(gm_random_mix(a) ^ b);
}

/* The key of one instance in one step, as the host makes gm_call.random_key of it (gm_start.seed: step and
 * micro-step 0; iteration i > 0 of a repeated part: combined with i). `name` has `length` bytes. */
GM_RANDOM_INLINE uint64_t gm_random_key(uint64_t seed, const char* name, size_t length, uint64_t step,
                                        uint64_t micro_step) {
  uint64_t key = gm_random_mix(seed);
  size_t i;
  for (i = 0; i < length; ++i) key = gm_random_mix(key ^ (unsigned char)name[i]);
  return gm_random_mix(gm_random_mix(key ^ step) ^ micro_step);
}

/* The stream of a key, from its first number. */
GM_RANDOM_INLINE gm_random gm_random_of(uint64_t key) {
  gm_random random;
  random.counter = key;
  return random;
}

/* Number `index` of the stream of `key`, counted from 0, without those before it. */
GM_RANDOM_INLINE uint64_t gm_random_at(uint64_t key, uint64_t index) {
  return gm_random_mix(key + index * GM_RANDOM_GAMMA);
}

/* Uniform in all 64-bit numbers. */
GM_RANDOM_INLINE uint64_t gm_random_next(gm_random* random) {
  const uint64_t number = gm_random_mix(random->counter);
  random->counter += GM_RANDOM_GAMMA;
  return number;
}

/* Uniform in [0, 1): one of the 2^53 multiples of 2^-53. */
GM_RANDOM_INLINE double gm_random_unit(gm_random* random) {
  return (double)(gm_random_next(random) >> 11) * (1.0 / 9007199254740992.0);
}

/* Uniform in [0, bound), bound > 0. Every number is equally likely: the 2^64 mod bound least draws, which
 * would favor some, are drawn again. */
GM_RANDOM_INLINE uint64_t gm_random_below(gm_random* random, uint64_t bound) {
  const uint64_t tail = (0 - bound) % bound; /* 2^64 mod bound */
  uint64_t number = gm_random_next(random);
  while (number < tail) number = gm_random_next(random);
  return number % bound;
}

/* Puts `count` items of `size` bytes each into random order, every order equally likely (Fisher and Yates,
 * from the last item down): count - 1 draws of gm_random_below, whatever the items are. */
GM_RANDOM_INLINE void gm_random_shuffle(gm_random* random, void* items, size_t count, size_t size) {
  unsigned char* bytes = (unsigned char*)items;
  size_t i;
  for (i = count; i > 1; --i) {
    unsigned char* last = bytes + (i - 1) * size;
    unsigned char* drawn = bytes + (size_t)gm_random_below(random, i) * size;
    size_t k;
    for (k = 0; k < size; ++k) {
      const unsigned char byte = last[k];
      last[k] = drawn[k];
      drawn[k] = byte;
    }
  }
}

/* The numbers 0 .. count - 1 in random order, every order equally likely: gm_random_shuffle of these. */
GM_RANDOM_INLINE void gm_random_permutation(gm_random* random, uint32_t* out, uint32_t count) {
  uint32_t i;
  for (i = 0; i < count; ++i) out[i] = i;
  gm_random_shuffle(random, out, count, sizeof(uint32_t));
}

#undef GM_RANDOM_INLINE

#ifdef __cplusplus
}
#endif
#endif
