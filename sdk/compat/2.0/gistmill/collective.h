/* gm.collective/1: the processes that do one run together, each of them a "rank". An optional interface like
 * those of extensions.h, in a header of its own, since only what joins processes needs it. What the words in
 * brackets mean: types.h.
 *
 * `start` joins: it returns once all ranks have called it. `destroy` leaves, where all ranks do; after a
 * failure of one the host calls `abort` instead. Every rank calls the same functions in the same order, with
 * the same sizes. A call returns when its result is there, which may be as late as another rank comes to it:
 * a rank that waits leaves its processor to those that compute. It looks at `cancel` several times a second
 * and then returns GM_CANCELED; it returns GM_ERROR_UNAVAILABLE and names the rank where one has ended, at
 * most 30 s later. After either of these the ranks cannot go on. */
#ifndef GISTMILL_COLLECTIVE_H
#define GISTMILL_COLLECTIVE_H

#include "component.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GM_COLLECTIVE_EXTENSION "gm.collective/1"
typedef struct gm_collective_extension {
  uint32_t struct_size;
  uint32_t (*rank)(gm_instance* instance); /* this process's number, from 0 [main & started] */
  uint32_t (*size)(gm_instance* instance); /* how many there are [main & started] */
  /* Adds up, element by element, `count` numbers of every rank, in place. Each sum is taken in the order of
   * the ranks, ((0 + 1) + 2) + ..., so that all ranks get the same bits, in every run, whatever `count` is.
   * Rationale: a sum whose order depends on the length of the message or on the network would make a run
   * differ from the same run. [main & started] */
  gm_status (*all_reduce_sum)(gm_instance* instance, float* numbers, uint64_t count,
                              const volatile int32_t* cancel, gm_error* error);
  /* Puts `size` bytes of every rank one after the other, in the order of the ranks, into `all`, which has
   * room for them. With size 0 it is a barrier. [main & started] */
  gm_status (*all_gather)(gm_instance* instance, const void* mine, uint64_t size, void* all,
                          const volatile int32_t* cancel, gm_error* error);
  /* `size` bytes of rank 0 to all others. [main & started] */
  gm_status (*broadcast)(gm_instance* instance, void* bytes, uint64_t size, const volatile int32_t* cancel,
                         gm_error* error);
  /* Ends all ranks at once, this one included; the launcher answers with `code`. Does not return.
   * [main & started] */
  void (*abort)(gm_instance* instance, int32_t code);
} gm_collective_extension;

#ifdef __cplusplus
}
#endif
#endif
