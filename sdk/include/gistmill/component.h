/* The core interface, "gm.component/1": what a plugin offers, and how the host runs it.
 *
 * Life of an instance: create -> start -> any number of forward / vjp -> destroy.
 *   create   cheap: look at options and file headers, answer symbols (ext "gm.symbols/1")
 *   start    symbols of the whole pipeline are known: load weights, make parameters
 * Names, ports, types and options are in the manifest (plugin.toml, embedded); the description here
 * repeats only what the compiled code depends on, and the host refuses a plugin where the two differ. */
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

#define GM_CALL_TRAIN 1u         /* a vjp will follow: keep a tape */
#define GM_CALL_DETERMINISTIC 2u /* same bits for the same inputs and threads */

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

/* One call of one operation. Host-owned, valid until the operation returns. */
typedef struct gm_call {
  uint32_t struct_size;
  uint32_t flags; /* GM_CALL_* */
  int32_t device_type;
  int32_t device_id;
  void* stream; /* of the device; null on CPU. Enqueue on it, never wait for it */
  uint64_t step;
  uint64_t micro_step;
  uint64_t parameter_generation; /* raised by every optimizer step and load */
  const uint8_t* need; /* n bytes, 1: vjp will ask for that input's gradient; null: no vjp follows */
  uint64_t random_key; /* same key, same numbers: differs by run, instance, step, micro-step */
  const volatile int32_t* cancel; /* not null; nonzero: return GM_CANCELED soon */
  gm_error* error;                /* never null */
  gm_work* work;                  /* since 1.1: account to add to; may be null */
} gm_call;

typedef struct gm_component_interface {
  uint32_t struct_size;

  uint32_t (*count)(void);                              /* [any] */
  const gm_component_info* (*describe)(uint32_t index); /* [any] static data; null past the end */

  /* Makes an instance. `component` is one of the described names. `host` lives as long as the process.
   * On failure *out is null and the sink holds the reason, with the option's key. [main] */
  gm_status (*create)(const struct gm_host* host, const char* component, const gm_options* options,
                      gm_instance** out, gm_error* error);
  void (*destroy)(gm_instance* instance); /* [main] after every tape of it was released */

  gm_status (*start)(gm_instance* instance, const gm_start* start, gm_error* error); /* [main] once */

  /* Runs operation number `operation` (order of the description).
   * in:   n values in the manifest's order; GM_VALUE_NONE where an optional port is not wired. The
   *       plugin owns them from here on, also when it fails. Tensors are READ_ONLY.
   * out:  m values, all NONE on entry; the plugin fills them, or leaves all NONE on failure.
   * tape: null where no vjp will follow; else *tape receives what vjp needs (null is legal).
   * GM_END from a source: nothing filled, nothing more to come. [compute] */
  gm_status (*forward)(gm_instance* instance, uint32_t operation, const gm_call* call, const gm_value* in,
                       uint32_t n, gm_value* out, uint32_t m, gm_tape** tape);

  /* Vector-Jacobian product: the reverse of one forward. Once differentiable.
   * grad_out: m tensors, null where nothing flows back; owned by the plugin from here on.
   * need:     n bytes, 1 where the gradient of that input is asked for.
   * grad_in:  n places, all null on entry; fill where need is 1, in the input's shape, f32 or the
   *           input's dtype. Null then means zero.
   * Parameter gradients are ADDED to the buffers that the host bound (ext "gm.params/1").
   * The tape stays with the host, which releases it. [compute] */
  gm_status (*vjp)(gm_instance* instance, uint32_t operation, const gm_call* call, gm_tape* tape,
                   gm_tensor* const* grad_out, uint32_t m, const uint8_t* need, gm_tensor** grad_in,
                   uint32_t n);
  void (*tape_release)(gm_instance* instance, gm_tape* tape); /* [any] exactly once */
  uint64_t (*tape_bytes)(const gm_tape* tape);                /* [any] memory held; may be null */

  /* An optional interface by id ("gm.params/1"), or null. Static data. [any] */
  const void* (*extension)(gm_instance* instance, const char* id);
} gm_component_interface;

#ifdef __cplusplus
}
#endif
#endif
