/* What a plugin in plain C gets of gistmill/random.h: random_in_c.c is compiled as C99, without extensions.
 */
#ifndef RANDOM_IN_C_H
#define RANDOM_IN_C_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

uint64_t c_key(uint64_t seed, const char* name, size_t length, uint64_t step, uint64_t micro_step);
uint64_t c_combined(uint64_t a, uint64_t b);
uint64_t c_at(uint64_t key, uint64_t index);
void c_numbers(uint64_t key, uint64_t* out, size_t count);
void c_units(uint64_t key, double* out, size_t count);
void c_below(uint64_t key, uint64_t bound, uint64_t* out, size_t count);
void c_shuffle(uint64_t key, void* items, size_t count, size_t size);
void c_permutation(uint64_t key, uint32_t* out, uint32_t count);

#ifdef __cplusplus
}
#endif
#endif
