// Names of option types and effects, as manifests write them: "choice", "stateful".
#pragma once

#include <string_view>

#include "host/registry/manifest.hpp"

namespace gistmill {

std::string_view option_type_name(OptionType type);
std::string_view effect_name(Effect effect);

}  // namespace gistmill
