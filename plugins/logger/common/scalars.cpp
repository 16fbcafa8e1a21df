#include "plugins/logger/common/scalars.hpp"

#include <gistmill/plugin.hpp>
#include <nlohmann/json.hpp>

namespace gistmill::logging {
namespace {

using Json = nlohmann::json;

// What is about the step's place in the run, not a measurement.
bool is_place(const std::string& key) { return key == "step" || key == "steps" || key == "time"; }

void take_step(const Json& event, std::vector<Scalar>& values) {
  for (const auto& [key, value] : event.items()) {
    if (value.is_number() && !is_place(key)) values.push_back({key, value.get<double>()});
    if (!value.is_object()) continue;
    for (const auto& [name, part] : value.items()) {
      if (part.is_number()) values.push_back({key + "/" + name, part.get<double>()});
    }
  }
}

void take_evaluation(const Json& event, std::vector<Scalar>& values) {
  const std::string name = event.value("name", "");
  for (const Json& entry : event.value("entries", Json::array())) {
    const Json value = entry.value("value", Json());
    if (!value.is_number()) continue;
    values.push_back(
        {name + "/" + entry.value("figure", "") + "/" + entry.value("variant", ""), value.get<double>()});
  }
}

}  // namespace

Reading read_event(std::string_view json) {
  const Json event = Json::parse(json, nullptr, false);
  if (!event.is_object()) throw Error(GM_ERROR_MISUSE, "an event is not a JSON object");
  const std::string kind = event.value("event", "");
  const std::string stage = event.value("stage", "");
  const auto step = event.value("step", std::int64_t{0});
  const double time = event.value("time", 0.0);
  Reading reading;
  if (kind == "run_started") reading.run_folder = event.value("run_folder", "");
  if (kind == "stage_started") reading.start = StageStart{stage, step, time};
  if (kind == "step" || kind == "evaluation") {
    Scalars scalars{stage, step, time, {}};
    kind == "step" ? take_step(event, scalars.values) : take_evaluation(event, scalars.values);
    if (!scalars.values.empty()) reading.scalars = std::move(scalars);
  }
  return reading;
}

}  // namespace gistmill::logging
