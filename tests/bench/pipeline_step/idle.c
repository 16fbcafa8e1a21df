/* Components that compute nothing and copy nothing, so that a pipeline of them costs what the host costs. Not
 * an example for authors: that is sdk/template. Every function follows the contract in gistmill/component.h.
 */
#include <stdlib.h>
#include <string.h>

#include "gistmill/entry.h"
#include "gistmill/extensions.h"

enum kind { SOURCE, RELAY, TRAINED, SUM, OPTIMIZER, KINDS };
static const char* const names[KINDS] = {"idle/source", "idle/relay", "idle/trained", "idle/sum",
                                         "optimizer/idle"};

/* Tensors of one number with their handles. A source takes them in turn, so that what it gave last stays as
 * it was; of a sum the last is a scalar. */
enum { NUMBERS = 3, SCALAR = NUMBERS - 1 };
static int64_t one = 1; /* shape and strides of all */

struct gm_instance {
  int kind;
  uint64_t calls;
  float numbers[NUMBERS];
  gm_tensor handles[NUMBERS];
  gm_tensor* gradient; /* bound by the host */
};

struct gm_tape {
  int unused;
};
static struct gm_tape nothing_kept;

static void no_deleter(gm_tensor* tensor) { (void)tensor; /* the memory is the instance's */ }

static void release(gm_tensor* tensor) {
  if (tensor != NULL && tensor->deleter != NULL) tensor->deleter(tensor);
}

static void make_handle(gm_instance* instance, int index) {
  gm_tensor* handle = &instance->handles[index];
  handle->major = GM_DLPACK_MAJOR;
  handle->minor = GM_DLPACK_MINOR;
  handle->deleter = no_deleter;
  handle->data = &instance->numbers[index];
  handle->device_type = GM_DEVICE_CPU;
  handle->dtype.code = GM_FLOAT;
  handle->dtype.bits = 32;
  handle->dtype.lanes = 1;
  handle->ndim = instance->kind == SUM && index == SCALAR ? 0 : 1;
  handle->shape = &one;
  handle->strides = &one;
}

static gm_status create(const struct gm_host* host, const char* component, const gm_options* options,
                        gm_instance** out, gm_error* error) {
  (void)host;
  (void)options;
  gm_instance* made = calloc(1, sizeof(gm_instance));
  if (made == NULL) {
    error->set(error, GM_ERROR_OUT_OF_MEMORY, "out of memory", NULL);
    return GM_ERROR_OUT_OF_MEMORY;
  }
  while (strcmp(component, names[made->kind]) != 0) ++made->kind;
  for (int i = 0; i < NUMBERS; ++i) make_handle(made, i);
  *out = made;
  return GM_OK;
}

static void destroy(gm_instance* instance) {
  release(instance->gradient);
  free(instance);
}

static gm_status start(gm_instance* instance, const gm_start* with, gm_error* error) {
  (void)instance;
  (void)with;
  (void)error;
  return GM_OK;
}

static gm_status forward(gm_instance* instance, uint32_t operation, const gm_call* call, gm_value* in,
                         uint32_t n, gm_value* out, uint32_t m, gm_tape** tape) {
  (void)operation;
  (void)call;
  (void)n;
  (void)m;
  out->kind = GM_VALUE_TENSOR;
  if (instance->kind == SOURCE) {
    const uint64_t index = instance->calls++ % NUMBERS;
    instance->numbers[index] = (float)(instance->calls % 4096);
    out->as.tensor = &instance->handles[index];
  } else if (instance->kind == SUM) { /* of one number: nothing to add */
    instance->numbers[SCALAR] = *(const float*)in[0].as.tensor->data;
    release(in[0].as.tensor);
    out->as.tensor = &instance->handles[SCALAR];
  } else {
    out->as.tensor = in[0].as.tensor; /* ours, and now the host's again */
  }
  if (tape != NULL) *tape = &nothing_kept;
  return GM_OK;
}

static gm_status vjp(gm_instance* instance, uint32_t operation, const gm_call* call, gm_tape* tape,
                     gm_tensor** grad_out, uint32_t m, gm_tensor** grad_in, uint32_t n) {
  (void)operation;
  (void)tape;
  (void)m;
  (void)n;
  if (call->need[0] && instance->kind != SUM) {
    grad_in[0] = grad_out[0];
    return GM_OK;
  }
  if (call->need[0]) {
    instance->numbers[0] = *(const float*)grad_out[0]->data;
    grad_in[0] = &instance->handles[0];
  }
  release(grad_out[0]);
  return GM_OK;
}

static void tape_release(gm_instance* instance, gm_tape* tape) {
  (void)instance;
  (void)tape;
}

/* ---- extensions: the parameter of `trained`, the optimizer ---- */

static const gm_param_info parameter = {sizeof(gm_param_info), GM_PARAM_TRAINABLE, "a"};

static uint32_t param_count(gm_instance* instance) {
  (void)instance;
  return 1;
}

static const gm_param_info* param_describe(gm_instance* instance, uint32_t index) {
  (void)instance;
  (void)index;
  return &parameter;
}

static gm_status param_tensor(gm_instance* instance, uint32_t index, gm_tensor** out, gm_error* error) {
  (void)error;
  *out = &instance->handles[index];
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

static gm_status bind(gm_instance* instance, const gm_param_info* const* infos, gm_tensor** parameters,
                      gm_tensor** gradients, uint32_t n, gm_error* error) {
  (void)instance;
  (void)infos;
  (void)error;
  for (uint32_t i = 0; i < n; ++i) {
    release(parameters[i]);
    release(gradients[i]);
  }
  return GM_OK;
}

static gm_status step(gm_instance* instance, uint64_t number, const double* learning_rates, uint32_t n,
                      gm_error* error) {
  (void)instance;
  (void)number;
  (void)learning_rates;
  (void)n;
  (void)error;
  return GM_OK;
}

static const gm_optimizer_extension optimizer = {sizeof(gm_optimizer_extension), bind, step};

static const void* extension(gm_instance* instance, const char* id) {
  if (instance->kind == TRAINED && strcmp(id, GM_PARAMS_EXTENSION) == 0) return &params;
  if (instance->kind == OPTIMIZER && strcmp(id, GM_OPTIMIZER_EXTENSION) == 0) return &optimizer;
  return NULL;
}

/* ---- description and entry ---- */

static const gm_operation_info next_info = {sizeof(gm_operation_info), "next", 0, 1, 0};
static const gm_operation_info pass_info = {sizeof(gm_operation_info), "pass", 1, 1, 1};
static const gm_operation_info* const next_operations[] = {&next_info};
static const gm_operation_info* const pass_operations[] = {&pass_info};
static const gm_component_info components[KINDS] = {
    {sizeof(gm_component_info), "idle/source", 1, next_operations},
    {sizeof(gm_component_info), "idle/relay", 1, pass_operations},
    {sizeof(gm_component_info), "idle/trained", 1, pass_operations},
    {sizeof(gm_component_info), "idle/sum", 1, pass_operations},
    {sizeof(gm_component_info), "optimizer/idle", 0, NULL},
};

static uint32_t count(void) { return KINDS; }
static const gm_component_info* describe(uint32_t index) { return index < KINDS ? &components[index] : NULL; }

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
