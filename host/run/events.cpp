// Fans events out to loggers, and takes what plugins say; see events.hpp.
#include "host/run/events.hpp"

#include <fmt/format.h>

#include <chrono>
#include <mutex>

#include "gistmill/version.h"
#include "host/diagnostic/failure.hpp"

namespace gistmill {

namespace {

std::mutex messages_mutex;
Events* plugin_events = nullptr;

void log_from_plugin(std::int32_t level, const char* instance, const char* message) {
  static const char* const names[] = {"debug", "info", "warning", "error"};
  if (level <= GM_LOG_DEBUG || level > GM_LOG_ERROR || message == nullptr) return;
  const std::scoped_lock lock(messages_mutex);
  if (plugin_events != nullptr)
    plugin_events->message(names[level], message, instance != nullptr ? instance : "");
}

}  // namespace

const gm_host& plugin_host() {
  static const gm_host host = {sizeof(gm_host), GM_ABI_MAJOR, GM_ABI_MINOR, GM_VERSION, log_from_plugin};
  return host;
}

void set_plugin_events(Events* events) {
  const std::scoped_lock lock(messages_mutex);
  plugin_events = events;
}

void Events::add(Instance& logger, bool shows) {
  const auto* extension = logger.extension<gm_events_extension>(GM_EVENTS_EXTENSION);
  if (extension == nullptr) {
    throw Failure(
        ExitCode::recipe, logger.planned().origin,
        fmt::format("{} ({}) is no logger: it takes no events", logger.name(), logger.planned().spec->name));
  }
  loggers_.push_back({&logger, extension, shows});
}

void Events::emit(std::string_view kind, nlohmann::json fields) {
  nlohmann::json event = std::move(fields);
  event["event"] = kind;
  event["time"] = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  const std::string text = event.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  for (Logger& logger : loggers_) {
    if (logger.failed) continue;
    Instance::ErrorSink sink;
    if (logger.extension->on_event(logger.instance->handle(), text.data(), text.size(), sink.get()) == GM_OK)
      continue;
    logger.failed = true;
    if (talk_) talk_(fmt::format("warning: {} logs no more: {}", logger.instance->name(), sink.message()));
  }
}

void Events::message(std::string_view level, const std::string& text, const std::string& instance) {
  bool shown = false;
  for (const Logger& logger : loggers_) shown = shown || (logger.shows && !logger.failed);
  emit("message", {{"level", level}, {"text", text}, {"instance", instance}});
  if (shown || !talk_) return;
  const std::string prefix = level == "info" ? "" : fmt::format("{}: ", level);
  talk_(prefix + (instance.empty() ? text : instance + ": " + text));
}

}  // namespace gistmill
