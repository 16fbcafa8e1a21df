/* See random_in_c.h. */
#include "random_in_c.h"

#include "gistmill/random.h"

uint64_t c_key(uint64_t seed, const char* name, size_t length, uint64_t step, uint64_t micro_step) {
  return gm_random_key(seed, name, length, step, micro_step);
}

uint64_t c_combined(uint64_t a, uint64_t b) { return gm_random_combined(a, b); }

uint64_t c_at(uint64_t key, uint64_t index) { return gm_random_at(key, index); }

void c_numbers(uint64_t key, uint64_t* out, size_t count) {
  gm_random random = gm_random_of(key);
  for (size_t i = 0; i < count; ++i) out[i] = gm_random_next(&random);
}

void c_units(uint64_t key, double* out, size_t count) {
  gm_random random = gm_random_of(key);
  for (size_t i = 0; i < count; ++i) out[i] = gm_random_unit(&random);
}

void c_below(uint64_t key, uint64_t bound, uint64_t* out, size_t count) {
  gm_random random = gm_random_of(key);
  for (size_t i = 0; i < count; ++i) out[i] = gm_random_below(&random, bound);
}

void c_shuffle(uint64_t key, void* items, size_t count, size_t size) {
  gm_random random = gm_random_of(key);
  gm_random_shuffle(&random, items, count, size);
}

void c_permutation(uint64_t key, uint32_t* out, uint32_t count) {
  gm_random random = gm_random_of(key);
  gm_random_permutation(&random, out, count);
}
