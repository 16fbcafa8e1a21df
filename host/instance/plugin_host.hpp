// What plugins are given as their host.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "gistmill/entry.h"

namespace gistmill {

// Lives as long as the process.
const gm_host& plugin_host();

// Takes what plugins say from then on: "info", "warning" or "error", the text, and who says it ("": the
// plugin did not tell). Empty: nobody listens. Plugins may call from any thread; one message at a time.
using PluginListener =
    std::function<void(std::string_view level, const std::string& text, const std::string& instance)>;
void set_plugin_listener(PluginListener listener);

}  // namespace gistmill
