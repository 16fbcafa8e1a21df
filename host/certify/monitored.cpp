// See monitored.hpp.
#include "host/certify/monitored.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "host/check/decision_defect.hpp"

namespace gistmill {

std::vector<std::string> training_events(int round) {
  const int step = round + 1;
  nlohmann::json event = {{"event", "gradient"},   {"time", 1.7e9 + step},
                          {"stage", "train"},      {"step", step},
                          {"steps", 1000},         {"loss", 4.0 / std::sqrt(step) + 0.1 * (round % 3)},
                          {"learning_rate", 1e-3}, {"gradient_norm", 1.0 + 0.2 * (round % 4)}};
  std::vector<std::string> events = {event.dump()};
  event["event"] = "step";
  event["seconds"] = 0.25;
  event["items"] = 16;
  event["items_per_second"] = 64.0;
  event["peak_memory_bytes"] = 100000000;
  events.push_back(event.dump());
  if (round % 2 == 1) {
    const nlohmann::json figure = {{"name", "loss"}, {"aggregate", "mean"}, {"better", "lower"},
                                   {"unit", "nats"}, {"title", "loss"},     {"column", ""}};
    const nlohmann::json variant = {
        {"name", "trained"},
        {"trains", true},
        {"figures", {{"loss", {{"value", 4.0 / step}, {"error", 0.1}, {"count", 16}}}}}};
    events.push_back(nlohmann::json{{"event", "evaluation"},
                                    {"time", 1.7e9 + step + 0.5},
                                    {"stage", "train"},
                                    {"step", step},
                                    {"name", "heldout"},
                                    {"headline", "loss"},
                                    {"figures", {figure}},
                                    {"variants", {variant}},
                                    {"entries", nlohmann::json::array()}}
                         .dump());
  }
  return events;
}

std::string decision_text(Specimen& specimen, Findings& findings, const std::string& event) {
  const auto* table = specimen.extension<gm_monitor_extension>(GM_MONITOR_EXTENSION);
  gm_decision decision{sizeof(gm_decision), GM_DECISION_CONTINUE, 1.0, nullptr};
  AnswerSink sink;
  const gm_status status = barrier(findings, "decide", [&] {
    return table->decide(specimen.handle(), event.data(), event.size(), &decision, sink.get());
  });
  specimen.report_violations();
  const Answer answer = sink.answer(status);
  if (status != GM_OK) {
    if (status != GM_ERROR_USER || answer.message.empty())
      findings.fault(fmt::format("decide: answers {} to {}", answer.text(), event));
    return answer.text();
  }
  if (const std::string defect = defect_of(decision); !defect.empty())
    findings.fault(fmt::format("decide: {} after {}", defect, event));
  return fmt::format("{} by {}: {}", decision.action, decision.factor,
                     decision.reason != nullptr ? decision.reason : "");
}

}  // namespace gistmill
