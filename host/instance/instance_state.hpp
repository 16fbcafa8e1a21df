// An instance's state other than parameters, as bytes: extension gm.state/1.
#pragma once

#include <string>
#include <string_view>

#include "host/instance/instance.hpp"

namespace gistmill {

bool has_state(const Instance& instance);

// Both: of an instance that has a state and was started. Throw Failure.
std::string save_state(const Instance& instance);
// On failure the state is as before.
void load_state(const Instance& instance, std::string_view bytes);

}  // namespace gistmill
