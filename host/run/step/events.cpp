// Fans events out to loggers, and takes what plugins say; see events.hpp.
#include "host/run/step/events.hpp"

#include <fmt/format.h>

#include <chrono>

#include "host/diagnostic/failure.hpp"
#include "host/instance/plugin_host.hpp"

namespace gistmill {

void set_plugin_events(Events* events) {
  if (events == nullptr) return set_plugin_listener({});
  set_plugin_listener([events](std::string_view level, const std::string& text, const std::string& instance) {
    events->message(level, text, instance);
  });
}

void Events::add(TensorInstance& logger, bool shows) {
  const auto* extension = logger.extension<gm_events_extension>(GM_EVENTS_EXTENSION);
  if (extension == nullptr) {
    throw Failure(ExitCode::recipe, logger.planned().origin,
                  fmt::format("{} ({}) is not a logger: it takes no events", logger.name(),
                              logger.planned().spec->name));
  }
  loggers_.push_back({&logger, extension, shows});
}

void Events::emit(std::string_view kind, nlohmann::json fields) {
  nlohmann::json event = std::move(fields);
  event["event"] = kind;
  event["time"] = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  const std::string text = event.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  for (Logger& logger : loggers_) {
    TensorInstance::ErrorSink sink;
    const gm_status status =
        logger.extension->on_event(logger.instance->handle(), text.data(), text.size(), sink.get());
    logger.failed = status != GM_OK;
    if (!logger.failed || logger.said) continue;
    logger.said = true;
    if (talk_) talk_(fmt::format("warning: {} misses events: {}", logger.instance->name(), sink.message()));
  }
}

void Events::message(std::string_view level, const std::string& text, const std::string& instance) {
  emit("message", {{"level", level}, {"text", text}, {"instance", instance}});
  bool shown = false;
  for (const Logger& logger : loggers_) shown = shown || (logger.shows && !logger.failed);
  if (shown || !talk_) return;
  const std::string prefix = level == "info" ? "" : fmt::format("{}: ", level);
  talk_(prefix + (instance.empty() ? text : instance + ": " + text));
}

}  // namespace gistmill
