/* A plugin in plain C99, without C++ and LibTorch, with its own vector-Jacobian products: a source, an
 * operation with a parameter, a loss. Shows that the ABI is enough, and what it asks of an author.
 * Every function follows the contract in gistmill/component.h. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gistmill/entry.h"
#include "gistmill/extensions.h"

/* ---- tensors: one allocation holds handle, shape and data ---- */

typedef struct block {
  gm_tensor tensor;
  int64_t shape[1];
  int64_t strides[1];
  float data[];
} block;

static void free_block(gm_tensor* tensor) { free(tensor->manager_ctx); }

/* n < 0: a scalar */
static gm_tensor* new_tensor(int64_t n) {
  size_t count = n < 0 ? 1 : (size_t)n;
  block* made = calloc(1, sizeof(block) + count * sizeof(float));
  if (made == NULL) return NULL;
  made->shape[0] = n;
  made->strides[0] = 1;
  made->tensor.major = GM_DLPACK_MAJOR;
  made->tensor.minor = GM_DLPACK_MINOR;
  made->tensor.manager_ctx = made;
  made->tensor.deleter = free_block;
  made->tensor.data = made->data;
  made->tensor.device_type = GM_DEVICE_CPU;
  made->tensor.ndim = n < 0 ? 0 : 1;
  made->tensor.dtype.code = GM_FLOAT;
  made->tensor.dtype.bits = 32;
  made->tensor.dtype.lanes = 1;
  made->tensor.shape = made->shape;
  made->tensor.strides = made->strides;
  return &made->tensor;
}

static float* values(const gm_tensor* tensor) { return (float*)((char*)tensor->data + tensor->byte_offset); }

static int64_t length(const gm_tensor* tensor) { return tensor->ndim == 0 ? 1 : tensor->shape[0]; }

static void release(gm_tensor* tensor) {
  if (tensor != NULL && tensor->deleter != NULL) tensor->deleter(tensor);
}

static gm_status fail(gm_error* error, gm_status status, const char* message) {
  error->set(error, status, message, NULL);
  return status;
}

/* ---- instances ---- */

enum { RAMP, SCALE, HALF_SQUARES };
enum { SAVE = 1 }; /* operation of scale; the others are number 0 of their component */

struct gm_instance {
  int kind;
  int64_t size;
  int64_t calls;
  int64_t poison;
  int64_t growth;
  int64_t signal;
  int64_t done;        /* calls of a ramp so far: its state */
  float* parameter;    /* a of scale, [size] */
  gm_tensor* gradient; /* bound by the host */
  gm_param_info info;
  char description[64]; /* of a ramp */
};

struct gm_tape {
  gm_tensor* x; /* the input of the forward */
};

static int64_t option(const gm_options* options, const char* key) {
  for (uint32_t i = 0; i < options->count; ++i) {
    if (strcmp(options->items[i]->key, key) == 0) return options->items[i]->integer;
  }
  return 0;
}

static gm_status create(const struct gm_host* host, const char* component, const gm_options* options,
                        gm_instance** out, gm_error* error) {
  (void)host;
  gm_instance* made = calloc(1, sizeof(gm_instance));
  if (made == NULL) return fail(error, GM_ERROR_OUT_OF_MEMORY, "out of memory");
  made->kind = strcmp(component, "test/ramp") == 0    ? RAMP
               : strcmp(component, "test/scale") == 0 ? SCALE
                                                      : HALF_SQUARES;
  made->size = option(options, "size");
  made->calls = option(options, "calls");
  made->poison = option(options, "poison");
  made->growth = option(options, "growth");
  made->signal = option(options, "signal");
  *out = made;
  return GM_OK;
}

static void destroy(gm_instance* instance) {
  release(instance->gradient);
  free(instance->parameter);
  free(instance);
}

static gm_status start(gm_instance* instance, const gm_start* with, gm_error* error) {
  if (instance->kind != SCALE) return GM_OK;
  for (uint32_t i = 0; i < with->symbol_count; ++i) {
    if (strcmp(with->symbols[i].name, "N") == 0) instance->size = with->symbols[i].value;
  }
  instance->parameter = malloc((size_t)instance->size * sizeof(float));
  if (instance->parameter == NULL) return fail(error, GM_ERROR_OUT_OF_MEMORY, "out of memory");
  for (int64_t i = 0; i < instance->size; ++i) instance->parameter[i] = 1.0f;
  instance->info.struct_size = sizeof(gm_param_info);
  instance->info.flags = GM_PARAM_TRAINABLE | GM_PARAM_NO_DECAY;
  instance->info.name = "a";
  return GM_OK;
}

static gm_status give(gm_tensor* tensor, gm_value* out, gm_error* error) {
  if (tensor == NULL) return fail(error, GM_ERROR_OUT_OF_MEMORY, "out of memory");
  out->kind = GM_VALUE_TENSOR;
  out->as.tensor = tensor;
  return GM_OK;
}

static gm_status next(gm_instance* instance, const gm_call* call, gm_value* out) {
  if (instance->calls > 0 && instance->done >= instance->calls) return GM_END;
  ++instance->done;
  if (instance->done == instance->signal) raise(SIGTERM);
  const float factor = (float)(1 + instance->growth * (instance->done - 1));
  gm_tensor* x = new_tensor(instance->size);
  for (int64_t i = 0; x != NULL && i < instance->size; ++i) {
    values(x)[i] = instance->done == instance->poison ? NAN : factor * (float)(i + 1) / (float)instance->size;
  }
  return give(x, out, call->error);
}

static gm_status not_written(const char* path, gm_error* error) {
  char reason[256];
  char message[5000];
  snprintf(reason, sizeof(reason), "%s", strerror(errno));
  reason[0] = (char)tolower((unsigned char)reason[0]);
  snprintf(message, sizeof(message), "cannot write %s: %s", path, reason);
  return fail(error, GM_ERROR_UNAVAILABLE, message);
}

/* a.txt in the folder: a number a line. */
static gm_status save_to(const gm_instance* instance, const gm_tensor* folder, gm_error* error) {
  char path[4096];
  snprintf(path, sizeof(path), "%.*s/a.txt", (int)length(folder),
           (const char*)folder->data + folder->byte_offset);
  FILE* file = fopen(path, "w");
  if (file == NULL) return not_written(path, error);
  int failed = 0;
  for (int64_t i = 0; i < instance->size; ++i) {
    failed |= fprintf(file, "%.9g\n", (double)instance->parameter[i]) < 0;
  }
  failed |= fclose(file) != 0;
  return failed ? not_written(path, error) : GM_OK;
}

/* scale is the product with a diagonal matrix: n multiply-adds; n numbers are read twice and written once. */
static void account(const gm_instance* instance, const gm_call* call, int64_t n) {
  if (instance->kind != SCALE || call->work == NULL) return;
  call->work->flops += 2.0 * (double)n;
  call->work->bytes += 3.0 * (double)n * sizeof(float);
}

static gm_status forward(gm_instance* instance, uint32_t operation, const gm_call* call, gm_value* in,
                         uint32_t n, gm_value* out, uint32_t m, gm_tape** tape) {
  (void)m;
  if (instance->kind == RAMP) return next(instance, call, out);
  gm_tensor* x = in[0].as.tensor; /* ours from here on, whatever happens */
  if (operation == SAVE) {
    const gm_status status = save_to(instance, x, call->error);
    release(x);
    return status;
  }
  gm_tensor* y = new_tensor(instance->kind == SCALE ? length(x) : -1);
  if (n != 1 || y == NULL) {
    release(x);
    release(y);
    return fail(call->error, GM_ERROR_OUT_OF_MEMORY, "out of memory");
  }
  for (int64_t i = 0; i < length(x); ++i) {
    if (instance->kind == SCALE) {
      values(y)[i] = instance->parameter[i] * values(x)[i];
    } else {
      values(y)[0] += 0.5f * values(x)[i] * values(x)[i];
    }
  }
  account(instance, call, length(x));
  if (tape != NULL) *tape = malloc(sizeof(gm_tape));
  if (tape != NULL && *tape != NULL) {
    (*tape)->x = x;
  } else {
    release(x);
  }
  return give(y, out, call->error);
}

/* scale: dL/da += g * x, dL/dx = g * a.   half-squares: dL/dy = g * y. */
static gm_status vjp(gm_instance* instance, uint32_t operation, const gm_call* call, gm_tape* tape,
                     gm_tensor** grad_out, uint32_t m, gm_tensor** grad_in, uint32_t n) {
  (void)operation;
  (void)m;
  (void)n;
  if (tape == NULL) {
    release(grad_out[0]);
    return fail(call->error, GM_ERROR_MISUSE, "vjp without the tape of its forward");
  }
  const int64_t size = length(tape->x);
  const float* x = values(tape->x);
  const float* g = grad_out[0] != NULL ? values(grad_out[0]) : NULL;
  if (g != NULL && call->need[0]) grad_in[0] = new_tensor(size);
  for (int64_t i = 0; g != NULL && i < size; ++i) {
    const int scales = instance->kind == SCALE;
    if (scales && instance->gradient != NULL) values(instance->gradient)[i] += g[i] * x[i];
    if (grad_in[0] != NULL) values(grad_in[0])[i] = scales ? g[i] * instance->parameter[i] : g[0] * x[i];
  }
  account(instance, call, size);
  release(grad_out[0]);
  return GM_OK;
}

static void tape_release(gm_instance* instance, gm_tape* tape) {
  (void)instance;
  release(tape->x);
  free(tape);
}

/* ---- extensions: a parameter that the host sees in place, the state of the source ---- */

static uint32_t param_count(gm_instance* instance) { return instance->kind == SCALE ? 1 : 0; }

static const gm_param_info* param_describe(gm_instance* instance, uint32_t index) {
  (void)index;
  return &instance->info;
}

static gm_status param_tensor(gm_instance* instance, uint32_t index, gm_tensor** out, gm_error* error) {
  (void)index;
  gm_tensor* alias = new_tensor(instance->size);
  if (alias == NULL) return fail(error, GM_ERROR_OUT_OF_MEMORY, "out of memory");
  alias->data = instance->parameter; /* lives until destroy, after every handle of the host */
  *out = alias;
  return GM_OK;
}

static gm_status bind_gradient(gm_instance* instance, uint32_t index, gm_tensor* gradient, gm_error* error) {
  (void)index;
  (void)error;
  release(instance->gradient);
  instance->gradient = gradient;
  return GM_OK;
}

static const gm_params_extension params = {sizeof(gm_params_extension), param_count, param_describe,
                                           param_tensor, bind_gradient};

static gm_status save(gm_instance* instance, gm_sink* sink, gm_error* error) {
  (void)error;
  return sink->write(sink, &instance->done, sizeof(instance->done));
}

static gm_status load(gm_instance* instance, const void* data, uint64_t size, gm_error* error) {
  if (size != sizeof(instance->done)) return fail(error, GM_ERROR_USER, "the state has another size");
  memcpy(&instance->done, data, sizeof(instance->done));
  return GM_OK;
}

static const gm_state_extension state = {sizeof(gm_state_extension), save, load};

static const char* describe_ramp(gm_instance* instance, gm_error* error) {
  (void)error;
  snprintf(instance->description, sizeof(instance->description), "{\"calls\": %lld, \"size\": %lld}",
           (long long)instance->calls, (long long)instance->size);
  return instance->description;
}

static const gm_describe_extension description = {sizeof(gm_describe_extension), describe_ramp};

static const void* extension(gm_instance* instance, const char* id) {
  if (instance->kind == SCALE && strcmp(id, GM_PARAMS_EXTENSION) == 0) return &params;
  if (instance->kind == RAMP && strcmp(id, GM_STATE_EXTENSION) == 0) return &state;
  if (instance->kind == RAMP && strcmp(id, GM_DESCRIBE_EXTENSION) == 0) return &description;
  return NULL;
}

/* ---- description and entry ---- */

static const gm_operation_info next_info = {sizeof(gm_operation_info), "next", 0, 1, 0};
static const gm_operation_info apply_info = {sizeof(gm_operation_info), "apply", 1, 1, 1};
static const gm_operation_info save_info = {sizeof(gm_operation_info), "save", 1, 0, 0};
static const gm_operation_info value_info = {sizeof(gm_operation_info), "value", 1, 1, 1};
static const gm_operation_info* const ramp_operations[] = {&next_info};
static const gm_operation_info* const scale_operations[] = {&apply_info, &save_info};
static const gm_operation_info* const half_squares_operations[] = {&value_info};
static const gm_component_info components[] = {
    {sizeof(gm_component_info), "test/ramp", 1, ramp_operations},
    {sizeof(gm_component_info), "test/scale", 2, scale_operations},
    {sizeof(gm_component_info), "test/half-squares", 1, half_squares_operations},
};

static uint32_t count(void) { return 3; }
static const gm_component_info* describe(uint32_t index) { return index < 3 ? &components[index] : NULL; }

static const gm_component_interface component_interface = {sizeof(gm_component_interface),
                                                           count,
                                                           describe,
                                                           create,
                                                           destroy,
                                                           start,
                                                           forward,
                                                           vjp,
                                                           tape_release,
                                                           extension};

static const void* get_interface(const char* id) {
  return strcmp(id, GM_COMPONENT_INTERFACE) == 0 ? &component_interface : NULL;
}

const gm_entry gm_plugin = {sizeof(gm_entry),  GM_ABI_MAJOR, GM_ABI_MINOR, GISTMILL_ABI_MINOR_REQUIRED,
                            gistmill_manifest, NULL,         get_interface};
