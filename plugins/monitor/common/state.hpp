// What a monitor remembers, as the bytes of gm.state/1: JSON, whose numbers come back bit for bit.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace gistmill::monitor {

std::string state_text(nlohmann::json state);

// Throws Error where the bytes are none of state_text, or lack one of the keys of `example`, whose values say
// the types; "number" and null go together, since nothing may be remembered yet.
nlohmann::json state_of(std::string_view bytes, const nlohmann::json& example);

}  // namespace gistmill::monitor
