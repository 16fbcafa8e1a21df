// The monitors of one training: they hear its events, and what they decide waits here for the trainer, which
// carries it out. Of several ranks, those of rank 0 hear and decide for all.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "host/run/ranks.hpp"
#include "host/run/step/events.hpp"
#include "host/run/step/session.hpp"

namespace gistmill {

// As events and messages spell it: "advance", "scale"; GM_DECISION_*.
std::string_view action_name(std::uint32_t action);

class Monitors {
 public:
  struct Said {
    const TensorInstance* monitor;
    Decision decision;
  };

  // Hears `events` as long as it lives; session, events and ranks outlive it.
  Monitors(const Session& session, Events& events, Ranks& ranks);
  ~Monitors();
  Monitors(const Monitors&) = delete;
  Monitors& operator=(const Monitors&) = delete;

  // The figures of a step before its update, which monitors alone hear. Answers whether the update is left
  // out. Throws Failure, as hearing any event, where a monitor fails or says what makes no sense.
  bool leave_out_update(nlohmann::json gradient);

  // What was decided since the last time, in the order in which it was said.
  std::vector<Said> take();  // on every rank, those of rank 0

  // Those that keep a state.
  std::vector<TensorInstance*> stateful() const;

 private:
  void hear(std::string_view kind, const std::string& text);
  std::string text_of_said() const;
  std::vector<Said> said_from(const std::string& text) const;

  Events& events_;
  Ranks& ranks_;
  std::vector<TensorInstance*> monitors_;
  std::vector<Said> said_;
};

}  // namespace gistmill
