// A proxy around a plugin, which checks every call against the contract of gistmill/component.h: order,
// threads, ownership, outputs, the state of the process. It does not change what is computed. What it finds
// goes to violation.hpp.
#pragma once

#include <string>

#include "gistmill/entry.h"
#include "host/registry/manifest.hpp"

namespace gistmill {

// What is known of the plugin's side. All of it outlives the instance.
struct CheckedPlugin {
  const gm_component_interface* interface = nullptr;
  const ComponentSpec* spec = nullptr;  // null: ports are not known, and not checked
};

// As create of gm_component_interface. name: the instance's, for violations. An instance that was made so is
// called through checking_interface(), and through no other.
gm_status create_checked(const CheckedPlugin& plugin, const std::string& name, const gm_host* host,
                         const char* component, const gm_options* options, gm_instance** out,
                         gm_error* error);

// Has no count, describe and create: they are the plugin's.
const gm_component_interface& checking_interface();

}  // namespace gistmill
