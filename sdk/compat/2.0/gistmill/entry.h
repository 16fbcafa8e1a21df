/* The one symbol that a plugin exports, and what the host offers in return. What the words in brackets mean:
 * types.h. */
#ifndef GISTMILL_ENTRY_H
#define GISTMILL_ENTRY_H

#include "component.h"

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define GM_EXPORT __attribute__((visibility("default")))
#else
#define GM_EXPORT
#endif

/* The least minor of a host that a plugin runs in. Define it before including this, or on the command line,
 * where the plugin cannot do without something that a minor added. */
#ifndef GISTMILL_ABI_MINOR_REQUIRED
#define GISTMILL_ABI_MINOR_REQUIRED 0u
#endif

#define GM_LOG_DEBUG 0
#define GM_LOG_INFO 1
#define GM_LOG_WARNING 2
#define GM_LOG_ERROR 3

/* Lives as long as the process. */
typedef struct gm_host {
  uint32_t struct_size;
  uint32_t abi_major;
  uint32_t abi_minor;
  const char* version; /* of the host, "0.1.0" */
  /* Says something to the user, on standard error and in the run's events. Never fails. [any] */
  void (*log)(int32_t level, const char* instance, const char* message);
} gm_host;

/* `gm_plugin`, plain static data: the host reads it right after loading. Plugins are never unloaded,
 * so everything reachable from here lives as long as the process.
 * Rationale: tensors, objects and autograd nodes outlive their instance and point at the plugin's functions;
 * no count of references could tell when the last of them is gone. */
typedef struct gm_entry {
  uint32_t struct_size;
  uint32_t abi_major;          /* GM_ABI_MAJOR that the plugin was built with: must equal the host's */
  uint32_t abi_minor;          /* GM_ABI_MINOR that it was built with */
  uint32_t abi_minor_required; /* least minor of a host that it runs in: GISTMILL_ABI_MINOR_REQUIRED */
  const char* manifest;        /* zero-terminated, the same bytes as in ELF section .gistmill */
  gm_status (*init)(const gm_host* host, gm_error* error); /* may be called again; may be null [main] */
  const void* (*get_interface)(const char* id);            /* "gm.component/1"; null if unknown [any] */
} gm_entry;

/* The embedded manifest; `gistmill_add_plugin` defines it. */
extern const char gistmill_manifest[];

/* What the plugin defines. */
extern GM_EXPORT const gm_entry gm_plugin;

#ifdef __cplusplus
}
#endif
#endif
