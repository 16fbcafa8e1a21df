// Write a plugin in C++17 without LibTorch: a class, its member functions as operations, one macro.
// This header turns them into the C interfaces of component.h and extensions.h; nothing C++ crosses.
// Not for the host. Components on LibTorch tensors include torch.hpp, which builds on this.
#pragma once

#include "gistmill/entry.h"
#include "gistmill/extensions.h"
#include "gistmill/plugin/bind.hpp"
#include "gistmill/plugin/cancel.hpp"
#include "gistmill/plugin/decision.hpp"
#include "gistmill/plugin/instance.hpp"
#include "gistmill/plugin/interface.hpp"
#include "gistmill/plugin/object.hpp"
#include "gistmill/plugin/tensor.hpp"
#include "gistmill/plugin/values.hpp"
#include "gistmill/plugin/work.hpp"

// Defines the plugin's one exported symbol from a comma-separated list of components. Use it at global scope:
//   GISTMILL_PLUGIN(gistmill::component<Mean>("gistnet/mean").operation("compress", &Mean::compress));
// The list is evaluated at global scope too, so that an author's class may have any name.
#define GISTMILL_PLUGIN(...)                                                     \
  static gistmill::detail::ComponentList gistmill_plugin_list() {                \
    return gistmill::detail::collect(__VA_ARGS__);                               \
  }                                                                              \
  namespace gistmill::detail {                                                   \
  const ComponentList& plugin_components() {                                     \
    static const ComponentList list = ::gistmill_plugin_list();                  \
    return list;                                                                 \
  }                                                                              \
  }                                                                              \
  extern "C" {                                                                   \
  GM_EXPORT extern const gm_entry gm_plugin = {sizeof(gm_entry),                 \
                                               GM_ABI_MAJOR,                     \
                                               GM_ABI_MINOR,                     \
                                               GISTMILL_ABI_MINOR_REQUIRED,      \
                                               gistmill_manifest,                \
                                               gistmill::detail::init,           \
                                               gistmill::detail::get_interface}; \
  }                                                                              \
  static_assert(true, "a semicolon follows")
