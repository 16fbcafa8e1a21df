/* Status codes, error sink, values and options: what every interface of the ABI is made of.
 * C99. Rules that hold throughout (docs/abi.md says how versions move):
 * - No C++ type and no exception crosses; nothing allocated on one side is freed on the other, but
 *   for tensors and objects, which carry their own release function.
 * - Every struct that may grow starts with `struct_size`, set by the side that fills it; fields are
 *   only added at the end, and a reader looks at a field only where struct_size covers it.
 * - Strings are UTF-8, zero-terminated, valid until the call returns unless a comment says longer.
 * - No function touches the state of the process: working folder, locale, signal handlers and mask, umask,
 *   rounding mode, and in LibTorch thread counts, grad mode, default dtype, generators.
 *
 * Words in brackets say from which thread a function may be called, and in which state of its instance:
 *   [main]     the thread that loaded the plugin
 *   [compute]  one call at a time for an instance; a forward and its vjp may come from different threads
 *   [any]      any thread, at any time, also several at once
 *   created    create returned GM_OK, destroy was not called; before start and after it
 *   started    start returned GM_OK, destroy was not called; implies created
 *   !started   before start
 * [compute & started]: one call at a time, never before start. Without a state word no instance is needed.
 * An instance whose start failed may only be destroyed. */
#ifndef GISTMILL_TYPES_H
#define GISTMILL_TYPES_H

#include <stddef.h>
#include <stdint.h>

#include "tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GM_ABI_MAJOR 2u
#define GM_ABI_MINOR 0u

/* What a fallible function answers. Everything but GM_OK and GM_END comes with a message in the sink. */
typedef int32_t gm_status;
#define GM_OK 0
#define GM_END 1               /* a source has nothing more; not an error */
#define GM_ERROR_USER 2        /* a recipe's value or an input file is wrong; the user can mend it */
#define GM_ERROR_UNAVAILABLE 3 /* file, memory or device is not there now; trying again may help */
#define GM_ERROR_OUT_OF_MEMORY 4
#define GM_ERROR_INTERNAL 5 /* a defect of the side that answers */
#define GM_ERROR_MISUSE 6   /* the caller broke this contract */
#define GM_CANCELED 7       /* gm_call.cancel was seen; outputs are as on any other failure */

/* Where a message goes. Owned by the caller, valid until the call returns.
 * `key` names the option or port that is at fault ("margin", "gist"), or is null; the host maps it to
 * file:line:col of the recipe. Style: lowercase, no final period, the value found and the one expected.
 * The last `set` of a call wins. */
typedef struct gm_error {
  uint32_t struct_size;
  void* context;
  void (*set)(struct gm_error* self, gm_status code, const char* message, const char* key); /* in the call */
} gm_error;

/* An opaque thing that only components which know `type` may open: a prefix's keys and values, say.
 * Reference-counted by its maker. Lives until its last reference is released, which may be after the
 * instance that made it was destroyed: it holds what it needs, and points at nothing of the instance.
 * Rationale: the host keeps results from step to step and shares them between stages; plugins are never
 * unloaded, so the object's functions are always there. */
typedef struct gm_object {
  uint32_t struct_size;
  const char* type; /* "decoder.context/1"; lives as long as the object */
  void* data; /* what they open; never found by this struct's address, which may be a handle of the host's */
  void (*retain)(struct gm_object* self);  /* [any] */
  void (*release)(struct gm_object* self); /* [any] */
} gm_object;

#define GM_VALUE_NONE 0u /* an optional port that nothing is wired to */
#define GM_VALUE_TENSOR 1u
#define GM_VALUE_OBJECT 2u

/* What stands in one slot. Frozen: never grows. Passing a value passes one reference to it. */
typedef struct gm_value {
  uint32_t kind;
  uint32_t reserved;
  union {
    gm_tensor* tensor;
    gm_object* object;
  } as;
} gm_value;

#define GM_OPTION_INTEGER 1u
#define GM_OPTION_FLOAT 2u
#define GM_OPTION_BOOLEAN 3u
#define GM_OPTION_STRING 4u
#define GM_OPTION_INTEGERS 5u
#define GM_OPTION_FLOATS 6u
#define GM_OPTION_STRINGS 7u
#define GM_OPTION_MIXTURE 8u /* prepared files in strings, the weight of each, above 0, in numbers */

/* One option of a component, checked by the host against the manifest: type, range, choices, default
 * filled in. Valid until `create` returns. */
typedef struct gm_option {
  uint32_t struct_size;
  uint32_t kind;   /* which field below holds the value */
  const char* key; /* as in the manifest */
  int64_t integer;
  double number;
  int32_t boolean;
  const char* string;
  uint32_t count; /* of the list fields */
  const int64_t* integers;
  const double* numbers;
  const char* const* strings;
} gm_option;

typedef struct gm_options {
  uint32_t struct_size;
  uint32_t count;
  const gm_option* const* items; /* every option of the manifest, in its order */
} gm_options;

#ifdef __cplusplus
}
#endif
#endif
