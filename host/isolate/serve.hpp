// The other side of an isolated component: a process that loads the plugin, makes one instance, and answers.
#pragma once

namespace gistmill {

// The verb of the program that serves; for the host alone.
inline constexpr const char* kServeVerb = "serve-component";

// Answers on this descriptor until the host has gone. Returns the exit code.
int serve_component(int descriptor);

}  // namespace gistmill
