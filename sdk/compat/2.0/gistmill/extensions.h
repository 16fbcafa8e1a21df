/* Optional interfaces of an instance, each found by its id through gm_component_interface.extension. What
 * the words in brackets mean: types.h. An id ends in its revision; a draft's in "/draft-1" (docs/abi.md). */
#ifndef GISTMILL_EXTENSIONS_H
#define GISTMILL_EXTENSIONS_H

#include "component.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- gm.symbols/1: sizes that only the instance knows (a model's D and V), known after create ---- */
#define GM_SYMBOLS_EXTENSION "gm.symbols/1"
typedef struct gm_symbols_extension {
  uint32_t struct_size;
  /* The size of symbol `name`, or -1 where the instance has no say in it. [main & created] */
  int64_t (*get)(gm_instance* instance, const char* name);
} gm_symbols_extension;

/* ---- gm.identity/1: what outside content the instance depends on ---- */
#define GM_IDENTITY_EXTENSION "gm.identity/1"
typedef struct gm_identity_extension {
  uint32_t struct_size;
  /* A hexadecimal digest of the files that the instance reads, known after create; null on failure.
   * Valid as long as the instance. [main & created] */
  const char* (*digest)(gm_instance* instance, gm_error* error);
} gm_identity_extension;

/* ---- gm.describe/1: what the outside content holds, for people and programs ---- */
#define GM_DESCRIBE_EXTENSION "gm.describe/1"
typedef struct gm_describe_extension {
  uint32_t struct_size;
  /* A JSON object that says what the files hold which the instance reads (a model's architecture, shapes,
   * vocabulary), known after create; null on failure. Keys are the role's; sizes in bytes end
   * in "bytes". Valid as long as the instance. [main & created] */
  const char* (*describe)(gm_instance* instance, gm_error* error);
} gm_describe_extension;

/* ---- gm.params/1: tensors that the host sees in place ---- */
#define GM_PARAMS_EXTENSION "gm.params/1"
#define GM_PARAM_TRAINABLE 1u /* gets a gradient and is changed by the optimizer */
#define GM_PARAM_BUFFER 2u    /* saved with the checkpoint, changed by the plugin only */
#define GM_PARAM_NO_DECAY 4u  /* no weight decay: biases, norms, slots, scales */
typedef struct gm_param_info {
  uint32_t struct_size;
  uint32_t flags;
  const char* name; /* "head.weight"; static as long as the instance */
} gm_param_info;
typedef struct gm_params_extension {
  uint32_t struct_size;
  uint32_t (*count)(gm_instance* instance); /* [main & started] may grow in `bind` of an optimizer only */
  const gm_param_info* (*describe)(gm_instance* instance, uint32_t index); /* [main & started] */
  /* An alias of the parameter's memory, without READ_ONLY: writing through it changes the parameter.
   * The caller owns the handle and calls its deleter before destroy; the memory lives until destroy.
   * [main & started] */
  gm_status (*tensor)(gm_instance* instance, uint32_t index, gm_tensor** out, gm_error* error);
  /* Gives the buffer that vjp adds this parameter's gradient into: same shape and dtype, zeroed by the
   * host. The plugin owns the handle, also when it fails, and keeps it until the next bind or destroy.
   * [main & started] */
  gm_status (*bind_gradient)(gm_instance* instance, uint32_t index, gm_tensor* gradient, gm_error* error);
} gm_params_extension;

/* ---- gm.state/1: state other than parameters (cursors, statistics), as bytes ---- */
#define GM_STATE_EXTENSION "gm.state/1"
typedef struct gm_sink {
  uint32_t struct_size;
  void* context;
  gm_status (*write)(struct gm_sink* self, const void* data, uint64_t size);
} gm_sink;
typedef struct gm_state_extension {
  uint32_t struct_size;
  /* Saving what was just loaded gives the same bytes. The bytes carry a format version. [main & started] */
  gm_status (*save)(gm_instance* instance, gm_sink* sink, gm_error* error);
  /* All of what was saved, in one piece. On failure the state is as before. [main & started] */
  gm_status (*load)(gm_instance* instance, const void* data, uint64_t size, gm_error* error);
} gm_state_extension;

/* ---- gm.codec/1: objects as named tensors, so that the host can keep them on disk ---- */
#define GM_CODEC_EXTENSION "gm.codec/1"
typedef struct gm_tensor_sink {
  uint32_t struct_size;
  void* context;
  /* Takes one tensor, which the sink owns from here on, also when it fails. `name`: unique within the object,
   * letters, digits, '_', '-' and '.'; copied. */
  gm_status (*put)(struct gm_tensor_sink* self, const char* name, gm_tensor* tensor);
} gm_tensor_sink;
typedef struct gm_codec_extension {
  uint32_t struct_size;
  /* 1 where objects of this type can be encoded and decoded, else 0. [any & created] */
  int32_t (*knows)(gm_instance* instance, const char* type);
  /* Gives everything that the object holds; nothing of it is changed. The object is borrowed.
   * [compute & started] */
  gm_status (*encode)(gm_instance* instance, const gm_object* object, gm_tensor_sink* sink, gm_error* error);
  /* Makes the object that n tensors came from, which may be held without a copy: they are READ_ONLY, and the
   * plugin owns them from here on, also when it fails. They come from a file: names, dtypes and shapes are
   * checked before anything trusts them. *out receives one reference. [compute & started] */
  gm_status (*decode)(gm_instance* instance, const char* type, const char* const* names, gm_tensor** tensors,
                      uint32_t n, gm_object** out, gm_error* error);
} gm_codec_extension;

/* ---- gm.optimizer/1: changes parameters in place. Its own moments are gm.params/1 buffers ---- */
#define GM_OPTIMIZER_EXTENSION "gm.optimizer/1"
typedef struct gm_optimizer_extension {
  uint32_t struct_size;
  /* n parameters with their gradients; names and flags as in gm_param_info. The plugin owns the tensor
   * handles from here on, also when it fails; infos are borrowed for the call. Once.
   * [main & started] */
  gm_status (*bind)(gm_instance* instance, const gm_param_info* const* infos, gm_tensor** parameters,
                    gm_tensor** gradients, uint32_t n, gm_error* error);
  /* One update. learning_rates: one for each bound parameter, in the order of bind, n as there; they may
   * differ and change from step to step. `step` counts from 1. [main & started] after bind */
  gm_status (*step)(gm_instance* instance, uint64_t step, const double* learning_rates, uint32_t n,
                    gm_error* error);
} gm_optimizer_extension;

/* ---- gm.store/1: a file that appears whole or not at all ---- */
#define GM_STORE_EXTENSION "gm.store/1"
typedef struct gm_store_extension {
  uint32_t struct_size;
  /* Starts writing what will become `path`; under a temporary name until commit. `provenance` is JSON
   * that is kept in the file. [main & started] */
  gm_status (*begin)(gm_instance* instance, const char* path, const char* provenance, gm_error* error);
  /* Makes it durable and visible under its name. One destroyed uncommitted leaves nothing there; what a later
   * begin goes on from may stay beside it. [main & started] after begin */
  gm_status (*commit)(gm_instance* instance, gm_error* error);
} gm_store_extension;

/* ---- gm.events/1: loggers ---- */
#define GM_EVENTS_EXTENSION "gm.events/1"
typedef struct gm_events_extension {
  uint32_t struct_size;
  /* One event: a JSON object with "event" (its kind) and "time" (seconds since 1970). docs/events.md
   * lists the kinds. A failure is said once and never ends the run. [main & started] */
  gm_status (*on_event)(gm_instance* instance, const char* json, uint64_t size, gm_error* error);
} gm_events_extension;

/* ---- gm.monitor/1: decides from the events of training how it goes on ---- */
#define GM_MONITOR_EXTENSION "gm.monitor/1"
#define GM_DECISION_CONTINUE 0u /* nothing changes */
#define GM_DECISION_ADVANCE 1u  /* the stage has ended well; the next one starts */
#define GM_DECISION_STOP 2u     /* the run has ended well; no later stage trains */
#define GM_DECISION_SCALE 3u    /* learning rates are `factor` times as high from the next step on */
#define GM_DECISION_SKIP 4u     /* in answer to a "gradient" event only: the step's update is left out */
#define GM_DECISION_REWIND                                                          \
  5u /* parameters and optimizer become those of the last good checkpoint, the data \
      * go on; learning rates are `factor` times as high. In answer to a "gradient" \
      * event the step's update is left out too */
#define GM_DECISION_MARK_BEST 6u /* the parameters after this step are the best so far */
#define GM_DECISION_FAIL 7u      /* training cannot go on: the run fails, the last checkpoint stands */
typedef struct gm_decision {
  uint32_t struct_size; /* set by the host, like every other field: GM_DECISION_CONTINUE, 1.0, null */
  uint32_t action;      /* GM_DECISION_* */
  double factor;        /* of SCALE and REWIND: above 0 and finite */
  const char* reason;   /* for people: lowercase, no final period; valid until the instance's next call; or
                         * null,   which only CONTINUE may leave it */
} gm_decision;
typedef struct gm_monitor_extension {
  uint32_t struct_size;
  /* Sees one event and decides. It sees those events of the stage that a run which is interrupted and resumed
   * has once each, as a run in one piece: "gradient", after the backward pass and before the update; "step";
   * "evaluation". docs/events.md lists their keys. All but SKIP is carried out at the end of the step.
   * The same events give the same decisions, since a resumed run goes on bit for bit: what is kept from event
   * to event is gm.state/1. A failure ends the run. [main & started] */
  gm_status (*decide)(gm_instance* instance, const char* json, uint64_t size, gm_decision* out,
                      gm_error* error);
} gm_monitor_extension;

#ifdef __cplusplus
}
#endif
#endif
