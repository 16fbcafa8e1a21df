// A working context as a picture: the history from left to right, tall where it stands as tokens, with marks
// where something was opened or closed. One SVG with its own colors, light and dark.
#pragma once

#include <cstdint>
#include <string>

#include "host/chat/context_view.hpp"

namespace gistmill {

// Marks of actions at blocks behind `since`.
std::string svg_picture(const ContextView& view, std::int64_t since);

}  // namespace gistmill
