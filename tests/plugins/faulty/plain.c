/* A plugin in plain C that loads and computes nothing. Definitions on the command line make it faulty in one
 * place each (see CMakeLists.txt). Not an example: for one see sdk/template. */
#include <gistmill/entry.h>

#ifndef ABI_MAJOR
#define ABI_MAJOR GM_ABI_MAJOR
#endif
#ifndef ABI_MINOR_REQUIRED
#define ABI_MINOR_REQUIRED GISTMILL_ABI_MINOR_REQUIRED
#endif
#ifndef ENTRY_SIZE
#define ENTRY_SIZE sizeof(gm_entry)
#endif
#ifndef MANIFEST
#define MANIFEST gistmill_manifest
#endif
#ifndef INIT
#define INIT sound_init
#endif
#ifndef INTERFACE
#define INTERFACE GM_COMPONENT_INTERFACE
#endif
#ifndef CREATE
#define CREATE create
#endif
#ifndef VJP
#define VJP vjp
#endif
#ifndef TABLE_SIZE
#define TABLE_SIZE sizeof(gm_component_interface)
#endif
#ifndef COMPONENT
#define COMPONENT "loss/plain"
#endif
#ifndef OPERATION
#define OPERATION "value"
#endif
#ifndef OPERATIONS
#define OPERATIONS 2
#endif
#ifndef INPUTS
#define INPUTS 2
#endif
#ifndef HAS_VJP
#define HAS_VJP 1
#endif

struct gm_instance {
  int unused;
};
static struct gm_instance the_instance;

static const gm_operation_info value_info = {sizeof(gm_operation_info), OPERATION, INPUTS, 1, HAS_VJP};
static const gm_operation_info measure_info = {sizeof(gm_operation_info), "measure", 1, 1, 0};
static const gm_operation_info* const operations[] = {&value_info, &measure_info};
static const gm_component_info component_info = {sizeof(gm_component_info), COMPONENT, OPERATIONS,
                                                 operations};

static uint32_t count(void) { return 1; }

static const gm_component_info* describe(uint32_t index) { return index == 0 ? &component_info : 0; }

gm_status create(const struct gm_host* host, const char* component, const gm_options* options,
                 gm_instance** out, gm_error* error) {
  (void)host, (void)component, (void)options, (void)error;
  *out = &the_instance;
  return GM_OK;
}

static void destroy(gm_instance* instance) { (void)instance; }

static gm_status start(gm_instance* instance, const gm_start* values, gm_error* error) {
  (void)instance, (void)values, (void)error;
  return GM_OK;
}

static gm_status forward(gm_instance* instance, uint32_t operation, const gm_call* call, gm_value* in,
                         uint32_t n, gm_value* out, uint32_t m, gm_tape** tape) {
  (void)instance, (void)operation, (void)in, (void)n, (void)out, (void)m, (void)tape;
  call->error->set(call->error, GM_ERROR_MISUSE, "this plugin computes nothing", 0);
  return GM_ERROR_MISUSE;
}

gm_status vjp(gm_instance* instance, uint32_t operation, const gm_call* call, gm_tape* tape,
              gm_tensor** grad_out, uint32_t m, gm_tensor** grad_in, uint32_t n) {
  (void)tape, (void)grad_out, (void)grad_in;
  return forward(instance, operation, call, 0, n, 0, m, 0);
}

static void tape_release(gm_instance* instance, gm_tape* tape) { (void)instance, (void)tape; }

static const gm_component_interface component_interface = {
    (uint32_t)TABLE_SIZE, count, describe, CREATE, destroy, start, forward, VJP, tape_release, 0};

gm_status sound_init(const gm_host* host, gm_error* error) {
  (void)host, (void)error;
  return GM_OK;
}

gm_status failing_init(const gm_host* host, gm_error* error) {
  (void)host;
  error->set(error, GM_ERROR_UNAVAILABLE, "the license server is asleep", 0);
  return GM_ERROR_UNAVAILABLE;
}

const void* get_interface(const char* id) {
  const char* known = INTERFACE;
  while (*id != 0 && *id == *known) ++id, ++known;
  return *id == *known ? &component_interface : 0;
}

#ifndef NO_ENTRY
const gm_entry gm_plugin = {(uint32_t)ENTRY_SIZE, ABI_MAJOR, GM_ABI_MINOR, ABI_MINOR_REQUIRED, MANIFEST, INIT,
                            get_interface};
#endif
