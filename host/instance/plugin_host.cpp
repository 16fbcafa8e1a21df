#include "host/instance/plugin_host.hpp"

#include <cstdint>
#include <mutex>
#include <utility>

#include "gistmill/version.h"

namespace gistmill {

namespace {

std::mutex listener_mutex;

PluginListener& current_listener() {
  static PluginListener listener;
  return listener;
}

void log_from_plugin(std::int32_t level, const char* instance, const char* message) {
  static const char* const names[] = {"debug", "info", "warning", "error"};
  if (level <= GM_LOG_DEBUG || level > GM_LOG_ERROR || message == nullptr) return;
  const std::scoped_lock lock(listener_mutex);
  if (const PluginListener& listener = current_listener(); listener)
    listener(names[level], message, instance != nullptr ? instance : "");
}

}  // namespace

const gm_host& plugin_host() {
  static const gm_host host = {sizeof(gm_host), GM_ABI_MAJOR, GM_ABI_MINOR, GM_VERSION, log_from_plugin};
  return host;
}

void set_plugin_listener(PluginListener listener) {
  const std::scoped_lock lock(listener_mutex);
  current_listener() = std::move(listener);
}

}  // namespace gistmill
