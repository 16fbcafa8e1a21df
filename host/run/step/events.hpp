// What a run says while it goes (docs/events.md): one stream of JSON objects to every logger instance.
// Not a log file; logger/jsonl writes that.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/run/step/tensor_instance.hpp"

namespace gistmill {

// {"event": kind, "time": now, ...fields} as text.
std::string event_text(std::string_view kind, nlohmann::json fields);

class Events {
 public:
  // talk: where messages go that no logger shows: before there are loggers, or where all they do is write
  // files; may be empty.
  explicit Events(std::function<void(std::string_view)> talk) : talk_(std::move(talk)) {}

  // Loggers outlive this. `shows`: it shows messages to the user. Throws Failure where the instance is none.
  void add(TensorInstance& logger, bool shows);

  // Sends {"event": kind, "time": now, ...fields}. A logger that fails is named once and still gets the
  // events that follow, since a full disk may be emptied: logging never ends a run.
  void emit(std::string_view kind, nlohmann::json fields);
  // Who hears every event after the loggers, one at a time; empty: nobody. What it throws goes through emit.
  using Listener = std::function<void(std::string_view kind, const std::string& text)>;
  void set_listener(Listener listener) { listener_ = std::move(listener); }

  // Says nothing to the user from here on.
  void mute() { talk_ = {}; }

  // A line for the user where no logger shows what events say.
  void talk_where_unshown(const std::string& line) const;
  void message(std::string_view level, const std::string& text, const std::string& instance = "");

 private:
  struct Logger {
    TensorInstance* instance;
    const gm_events_extension* extension;
    bool shows;
    bool failed = false;  // at the last event
    bool said = false;    // that it failed
  };
  std::vector<Logger> loggers_;
  Listener listener_;
  std::function<void(std::string_view)> talk_;
};

// Messages of plugins go to `events` from now on; null: nowhere.
void set_plugin_events(Events* events);

}  // namespace gistmill
