// See monitors.hpp.
#include "host/run/monitors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace gistmill {
namespace {

constexpr std::string_view kGradient = "gradient";
constexpr const char* kLeaveOut = "leave out";  // what rank 0 answers

bool leaves_out_update(const Monitors::Said& said) {
  const std::uint32_t action = said.decision.action;
  return action == GM_DECISION_SKIP || action == GM_DECISION_REWIND || action == GM_DECISION_FAIL;
}

// Once the update is done it cannot be left out.
void check_time(const TensorInstance& monitor, const Decision& decision, std::string_view kind) {
  if (decision.action != GM_DECISION_SKIP || kind == kGradient) return;
  TensorInstance::ErrorSink sink;
  const std::string message =
      fmt::format("said skip of an event '{}' when it can only of a '{}', which comes before the update",
                  kind, kGradient);
  sink.get()->set(sink.get(), GM_ERROR_INTERNAL, message.c_str(), nullptr);
  monitor.fail(GM_ERROR_INTERNAL, sink, "asking for a decision of");
}

}  // namespace

std::string_view action_name(std::uint32_t action) {
  static constexpr std::array<std::string_view, 8> kNames = {"continue", "advance", "stop",      "scale",
                                                             "skip",     "rewind",  "mark best", "fail"};
  return kNames.at(action);
}

Monitors::Monitors(const Session& session, Events& events, Ranks& ranks)
    : events_(events), ranks_(ranks), monitors_(session.monitors()) {
  if (monitors_.empty() || !ranks_.first()) return;
  events_.set_listener([this](std::string_view kind, const std::string& text) {
    if (kind == "step" || kind == "evaluation") hear(kind, text);
  });
}

Monitors::~Monitors() { events_.set_listener({}); }

bool Monitors::leave_out_update(nlohmann::json gradient) {
  if (monitors_.empty()) return false;
  const std::string answer = ranks_.from_first([&] {
    const std::size_t before = said_.size();
    hear(kGradient, event_text(kGradient, std::move(gradient)));
    const bool leaves_out =
        std::any_of(said_.begin() + static_cast<std::ptrdiff_t>(before), said_.end(), leaves_out_update);
    return std::string(leaves_out ? kLeaveOut : "");
  });
  return answer == kLeaveOut;
}

void Monitors::hear(std::string_view kind, const std::string& text) {
  for (const TensorInstance* monitor : monitors_) {
    Decision decision = monitor->decide(text);
    check_time(*monitor, decision, kind);
    if (decision.action != GM_DECISION_CONTINUE) said_.push_back({monitor, std::move(decision)});
  }
}

std::vector<Monitors::Said> Monitors::take() {
  if (monitors_.empty() || ranks_.alone()) return std::exchange(said_, {});
  const std::string text = ranks_.from_first([&] { return text_of_said(); });
  said_.clear();
  return said_from(text);
}

std::string Monitors::text_of_said() const {
  nlohmann::json list = nlohmann::json::array();
  for (const Said& said : said_) {
    list.push_back({{"monitor", std::ranges::find(monitors_, said.monitor) - monitors_.begin()},
                    {"action", said.decision.action},
                    {"factor", said.decision.factor},
                    {"reason", said.decision.reason}});
  }
  return list.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::vector<Monitors::Said> Monitors::said_from(const std::string& text) const {
  std::vector<Said> list;
  for (const nlohmann::json& said : nlohmann::json::parse(text)) {
    list.push_back({monitors_.at(said.at("monitor").get<std::size_t>()),
                    {said.at("action"), said.at("factor"), said.at("reason").get<std::string>()}});
  }
  return list;
}

std::vector<TensorInstance*> Monitors::stateful() const {
  std::vector<TensorInstance*> list;
  std::copy_if(monitors_.begin(), monitors_.end(), std::back_inserter(list),
               [](const TensorInstance* monitor) { return monitor->has_state(); });
  return list;
}

}  // namespace gistmill
