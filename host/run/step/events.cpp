// Fans events out to loggers, and takes what plugins say; see events.hpp.
#include "host/run/step/events.hpp"

#include <fmt/format.h>

#include <algorithm>
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

std::string event_text(std::string_view kind, nlohmann::json fields) {
  fields["event"] = kind;
  fields["time"] = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  return fields.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void Events::emit(std::string_view kind, nlohmann::json fields) {
  const std::string text = event_text(kind, std::move(fields));
  for (Logger& logger : loggers_) {
    TensorInstance::ErrorSink sink;
    const gm_status status =
        logger.extension->on_event(logger.instance->handle(), text.data(), text.size(), sink.get());
    logger.failed = status != GM_OK;
    if (!logger.failed || logger.said) continue;
    logger.said = true;
    if (talk_) talk_(fmt::format("warning: {} misses events: {}", logger.instance->name(), sink.message()));
  }
  if (listener_) listener_(kind, text);
}

void Events::talk_where_unshown(const std::string& line) const {
  const bool shown =
      std::ranges::any_of(loggers_, [](const Logger& logger) { return logger.shows && !logger.failed; });
  if (!shown && talk_) talk_(line);
}

void Events::message(std::string_view level, const std::string& text, const std::string& instance) {
  emit("message", {{"level", level}, {"text", text}, {"instance", instance}});
  const std::string prefix = level == "info" ? "" : fmt::format("{}: ", level);
  talk_where_unshown(prefix + (instance.empty() ? text : instance + ": " + text));
}

}  // namespace gistmill
