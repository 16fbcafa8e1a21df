// How the input of gguf_parts_fuzz.cpp is cut; for its seeds too.
#pragma once

#include <string_view>

namespace gistmill::fuzz {

inline constexpr std::string_view kPartCut = "<CUT>";

}  // namespace gistmill::fuzz
