#include "host/report/metrics_json.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "host/figures/finite_json.hpp"
#include "host/figures/summary.hpp"

namespace gistmill {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kFormat = 1;

Json list_of(const StageRecord& stage, double StepPoint::*member) {
  Json list = Json::array();
  for (const StepPoint& point : stage.points) list.push_back(finite_or_null<Json>(point.*member));
  return list;
}

// Where a step lacks a part, null.
Json parts_of(const StageRecord& stage) {
  Json parts = Json::object();
  for (std::size_t i = 0; i < stage.points.size(); ++i) {
    for (const auto& [slot, loss] : stage.points[i].losses) {
      Json& list = parts[slot];
      if (list.is_null()) list = Json(std::vector<Json>(stage.points.size()));
      list[i] = finite_or_null<Json>(loss);
    }
  }
  return parts;
}

Json stage_json(const StageRecord& stage) {
  Json steps = Json::array();
  for (const StepPoint& point : stage.points) steps.push_back(point.step);
  Json json = {{"stage", stage.name}, {"steps", stage.steps}, {"step", std::move(steps)}};
  json["loss"] = list_of(stage, &StepPoint::loss);
  if (Json parts = parts_of(stage); !parts.empty()) json["losses"] = std::move(parts);
  json["learning_rate"] = list_of(stage, &StepPoint::learning_rate);
  json["gradient_norm"] = list_of(stage, &StepPoint::gradient_norm);
  json["seconds"] = list_of(stage, &StepPoint::seconds);
  json["evaluations"] = Json::array();
  for (const EvaluationTable& table : stage.evaluations) json["evaluations"].push_back(Json(to_json(table)));
  return json;
}

}  // namespace

std::string metrics_json(const RunRecord& record) {
  Json json = {{"format", kFormat}, {"recipe", record.recipe}, {"status", record.status}};
  json["stages"] = Json::array();
  for (const StageRecord& stage : record.stages) {
    if (!stage.points.empty()) json["stages"].push_back(stage_json(stage));
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace gistmill
