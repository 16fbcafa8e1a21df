/* The core interface, "gm.component/1": what a plugin offers, and how the host runs it.
 *
 * Life of an instance: create -> start -> any number of forward / vjp -> destroy.
 *   create   cheap: look at options and file headers, answer symbols (ext "gm.symbols/1")
 *   start    the symbols that its manifest declares are known: load weights, make parameters
 * Names, ports, types and options are in the manifest (plugin.toml, embedded); the description here
 * repeats only what the compiled code depends on, and the host refuses a plugin where the two differ.
 * What the words in brackets mean: types.h. */
#ifndef GISTMILL_COMPONENT_H
#define GISTMILL_COMPONENT_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GM_COMPONENT_INTERFACE "gm.component/1"

typedef struct gm_instance gm_instance; /* the plugin's own */
typedef struct gm_tape gm_tape;         /* what a forward kept for its vjp; the plugin's own */
struct gm_host;

typedef struct gm_operation_info {
  uint32_t struct_size;
  const char* name;
  uint32_t input_count;
  uint32_t output_count;
  uint32_t has_vjp; /* 1: differentiable in the inputs (and parameters) that the manifest marks */
} gm_operation_info;

typedef struct gm_component_info {
  uint32_t struct_size;
  const char* name; /* "loss/contrastive" */
  uint32_t operation_count;
  const gm_operation_info* const* operations;
} gm_component_info;

typedef struct gm_symbol {
  const char* name; /* "D" */
  int64_t value;
} gm_symbol;

typedef struct gm_start {
  uint32_t struct_size;
  uint32_t symbol_count;
  const gm_symbol* symbols; /* those that have one value in every pipeline that uses the instance */
  uint64_t seed;            /* differs by run and by instance name; initialize from nothing else */
  int32_t device_type;
  int32_t device_id;
} gm_start;

/* The vjp of this forward will follow, unless a later call fails or no gradient reaches it: keep a tape,
 * drop out. Set in that vjp too. Not set for calls that no gradient passes, also in a training step. */
#define GM_CALL_TRAIN 1u

/* An account of what forward or vjp did. The operation ADDS to it, from the thread it runs on; the host
 * divides by time and by the machine's peaks (docs/plugins.md). An operation that counts nothing is legal.
 * flops are those of matrix products, as the algorithm needs them: a multiply-add is 2, what is computed
 * again to save memory is not counted. Two fields, because processors have a peak for each. */
typedef struct gm_work {
  uint32_t struct_size;
  double flops;      /* of products of f32 or f64 factors */
  double half_flops; /* of products of bf16 or f16 factors; not in `flops` */
  double bytes;      /* read and written, as far as it could not be avoided */
} gm_work;

/* One call of one operation. Host-owned, valid until the operation returns. The vjp of a forward sees the
 * same step, micro_step, parameter_generation, random_key and need. */
typedef struct gm_call {
  uint32_t struct_size;
  uint32_t flags; /* GM_CALL_* */
  int32_t device_type;
  int32_t device_id;
  void* stream; /* the device's current one (a cudaStream_t); null on CPU. Enqueue on it, never wait for it */
  uint64_t step;
  uint64_t micro_step;
  uint64_t parameter_generation; /* raised by every optimizer step and load */
  uint64_t random_key;           /* same key, same numbers: differs by run, instance, step, micro-step */
  const uint8_t* need; /* n bytes, 1: vjp is asked for that input's gradient; null where no vjp follows */
  const volatile int32_t* cancel; /* never null; nonzero: return GM_CANCELED soon. Look at it in long loops */
  gm_error* error;                /* never null */
  gm_work* work;                  /* account to add to; may be null */
} gm_call;

typedef struct gm_component_interface {
  uint32_t struct_size;

  uint32_t (*count)(void);                              /* [any] */
  const gm_component_info* (*describe)(uint32_t index); /* [any] static data; null past the end */

  /* Makes an instance. `component` is one of the described names. `host` lives as long as the process.
   * On failure *out is null and the sink holds the reason, with the option's key. [main] */
  gm_status (*create)(const struct gm_host* host, const char* component, const gm_options* options,
                      gm_instance** out, gm_error* error);

  /* After every tape of it was released, and after its last call returned. Tensors and objects that it gave
   * may live on: they hold their memory themselves. Aliases of parameters do not: the host has dropped them.
   * Rationale: a result that a cache or a later stage holds must not keep a model of gigabytes alive; and
   * as plugins are never unloaded, code that a tensor's deleter or an autograd node points at stays.
   * [main & created] */
  void (*destroy)(gm_instance* instance);

  /* Once. After a failure only destroy follows. [main & created & !started] */
  gm_status (*start)(gm_instance* instance, const gm_start* start, gm_error* error);

  /* Runs operation number `operation` (order of the description).
   * in:   n values in the manifest's order; GM_VALUE_NONE where an optional port is not wired. The
   *       plugin owns them from here on, also when it fails. Tensors are READ_ONLY. The array is the
   *       host's, but the plugin may write into it (mark what it took); the host reads it no more.
   * out:  m values, all NONE on entry; the plugin fills all, or leaves all NONE on failure. An input may
   *       be handed on as an output.
   * tape: null where no vjp will follow (no GM_CALL_TRAIN); else *tape, null on entry, receives what vjp
   *       needs. Null says that no gradient passes, and no vjp follows. On failure it stays null.
   * GM_END from a source: nothing filled, nothing more to come.
   * The same inputs, options, parameters, random key and thread counts give the same bits, unless the
   * manifest says effect = "stateful".
   * Rationale: inputs change owners, because then a plugin may keep one in its tape, hand it on or free it
   * early without a copy and without a word; a borrowed input could do none of these. [compute & started] */
  gm_status (*forward)(gm_instance* instance, uint32_t operation, const gm_call* call, gm_value* in,
                       uint32_t n, gm_value* out, uint32_t m, gm_tape** tape);

  /* Vector-Jacobian product: the reverse of one forward, at most once a tape. Once differentiable.
   * grad_out: m tensors, null where nothing flows back, READ_ONLY; owned by the plugin from here on, also
   *           when it fails, in an array that it may write into.
   * grad_in:  n places, all null on entry; fill where call->need is 1, in the input's shape, f32 or the
   *           input's dtype. Null then means zero. On failure all stay null.
   * Parameter gradients are ADDED to the buffers that the host bound (ext "gm.params/1").
   * The tape stays with the host, which releases it.
   * Rationale: once differentiable, because a tape that can be used once may be freed while it is read, and
   * nothing in training asks for more. Parameter gradients are added and not returned, because several
   * calls of a step share one buffer, which the host zeroes, clips and gives to the optimizer.
   * [compute & started] */
  gm_status (*vjp)(gm_instance* instance, uint32_t operation, const gm_call* call, gm_tape* tape,
                   gm_tensor** grad_out, uint32_t m, gm_tensor** grad_in, uint32_t n);
  void (*tape_release)(gm_instance* instance, gm_tape* tape); /* exactly once a tape [any & started] */

  /* An optional interface by id ("gm.params/1"), or null. Static data; the answer for an instance never
   * changes. May be null where the plugin has none. [any & created] */
  const void* (*extension)(gm_instance* instance, const char* id);
} gm_component_interface;

#ifdef __cplusplus
}
#endif
#endif
