// See event.hpp.
#include "plugins/monitor/common/event.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <gistmill/plugin/values.hpp>
#include <limits>
#include <vector>

namespace gistmill::monitor {

namespace {

std::string text_of(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

Json list_of(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_array() ? *found : Json::array();
}

// The figure of that name in the event's list; without a name the headline, else the last one.
Json chosen_figure(const Json& event, const std::string& name) {
  const Json figures = list_of(event, "figures");
  const std::string wanted = name.empty() ? text_of(event, "headline") : name;
  std::vector<std::string> names;
  for (const Json& figure : figures) {
    if (text_of(figure, "name") == wanted) return figure;
    names.push_back(text_of(figure, "name"));
  }
  if (wanted.empty() && !figures.empty()) return figures.back();
  throw Error(GM_ERROR_USER,
              fmt::format("evaluation '{}' has no figure '{}'; its figures: {}", text_of(event, "name"),
                          wanted, fmt::join(names, " ")),
              "figure");
}

}  // namespace

Json parse_event(std::string_view text) {
  Json event = Json::parse(text, nullptr, false);
  return event.is_object() ? event : Json::object();
}

bool is_kind(const Json& event, std::string_view kind) { return text_of(event, "event") == kind; }

std::int64_t step_of(const Json& event) {
  const auto found = event.find("step");
  return found != event.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

double number_of(const Json& event, const char* key) {
  const auto found = event.find(key);
  return found != event.end() && found->is_number() ? found->get<double>()
                                                    : std::numeric_limits<double>::quiet_NaN();
}

std::string short_number(double value) { return fmt::format("{:.3g}", value); }

std::optional<Check> check_of(const Json& event, const FigureChoice& choice) {
  if (!is_kind(event, "evaluation")) return std::nullopt;
  if (!choice.evaluation.empty() && text_of(event, "name") != choice.evaluation) return std::nullopt;
  const Json figure = chosen_figure(event, choice.figure);
  Check check{text_of(figure, "name"), std::numeric_limits<double>::quiet_NaN(),
              text_of(figure, "better") == "higher"};
  bool found = false;
  for (const Json& entry : list_of(event, "entries")) {
    const bool trained = entry.value("trained", false);
    if (text_of(entry, "figure") != check.figure || (found && !trained)) continue;
    check.value = number_of(entry, "value");
    found = true;
    if (trained) break;
  }
  return std::isfinite(check.value) ? std::optional(check) : std::nullopt;
}

}  // namespace gistmill::monitor
