// Objects that cross the ABI: each side gets a handle of the proxy, which counts the references that this
// side holds. `type` and `data` are still those of the object's maker, since components recognize their
// objects by them.
#pragma once

#include <string>

#include "gistmill/types.h"

namespace gistmill {

// The handle that a plugin gets in place of `object`, whose one reference passes to it. where, name: of the
// call that it crosses in, "input 'context'".
gm_object* object_for_plugin(gm_object* object, const std::string& where, const std::string& name);

// The same for the host, of what a plugin gave. One object has one handle, however often it is given, so that
// the host knows it again.
gm_object* object_for_host(gm_object* object, const std::string& where, const std::string& name);

// False for a handle of which no reference is left. It may be looked at all the same.
bool is_held(const gm_object* object);

// Reports every handle that was never released. For the end of a process, or of a test.
void report_unreleased_objects();

}  // namespace gistmill
