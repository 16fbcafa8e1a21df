// JSON of evaluation tables and run figures. Keys are listed in docs/events.md.
#include "host/figures/summary.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "host/diagnostic/failure.hpp"
#include "host/figures/finite_json.hpp"
#include "host/files/text_file.hpp"

namespace gistmill {
namespace {

using Json = nlohmann::json;

constexpr int kSummaryFormat = 1;

double number_at(const Json& json, const std::string& key) {
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) return std::numeric_limits<double>::quiet_NaN();
  return found->get<double>();
}

Json to_json(const Bounds& bounds) {
  return Json::array({finite_or_null<Json>(bounds.low), finite_or_null<Json>(bounds.high)});
}

std::optional<Bounds> bounds_at(const Json& json, const std::string& key) {
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) return std::nullopt;
  const auto end = [](const Json& value) {
    return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
  };
  return Bounds{end(found->at(0)), end(found->at(1))};
}

void add(Json& json, const std::string& key, const std::optional<Estimate>& estimate) {
  if (!estimate) return;
  json[key] = finite_or_null<Json>(estimate->value);
  json[key + "_standard_error"] = finite_or_null<Json>(estimate->standard_error);
  if (estimate->interval) json[key + "_interval"] = to_json(*estimate->interval);
}

// Items and clusters are written once an entry: a comparison is on the same ones.
std::optional<Estimate> comparison(const Json& json, const std::string& key, const Estimate& measured) {
  if (!json.contains(key)) return std::nullopt;
  return Estimate{number_at(json, key), number_at(json, key + "_standard_error"), measured.items,
                  measured.clusters, bounds_at(json, key + "_interval")};
}

Json to_json(const Figure& figure) {
  Json json = {{"name", figure.name},
               {"aggregate", to_text(figure.spec.aggregate)},
               {"better", to_text(figure.spec.better)},
               {"unit", figure.spec.unit},
               {"title", figure.spec.title},
               {"column", figure.spec.column}};
  if (figure.spec.ideal) json["ideal"] = finite_or_null<Json>(*figure.spec.ideal);
  if (!figure.spec.over.empty()) json["over"] = figure.spec.over;
  return json;
}

// A word of a later program is taken for the default: a report of it is better than none.
Figure figure_from_json(const Json& json) {
  Figure figure;
  figure.name = json.value("name", "");
  figure.spec.aggregate = aggregate_of(json.value("aggregate", "")).value_or(figure.spec.aggregate);
  figure.spec.better = better_of(json.value("better", "")).value_or(figure.spec.better);
  figure.spec.unit = json.value("unit", "");
  figure.spec.title = json.value("title", "");
  figure.spec.column = json.value("column", "");
  if (json.contains("ideal")) figure.spec.ideal = number_at(json, "ideal");
  figure.spec.over = json.value("over", "");
  return figure;
}

Json to_json(const Target& target) {
  Json json = {{"figure", target.figure}};
  if (target.below) json["below"] = *target.below;
  if (target.above) json["above"] = *target.above;
  if (target.bad) json["bad"] = *target.bad;
  if (!target.than.empty()) json["than"] = target.than;
  return json;
}

Target target_from_json(const Json& json) {
  const auto optional = [&](const char* key) {
    return json.contains(key) ? std::optional(number_at(json, key)) : std::nullopt;
  };
  return {json.value("figure", ""), optional("below"), optional("above"), optional("bad"),
          json.value("than", "")};
}

// The verdict is for readers of the file; it follows from the value and the target.
Json to_json(const EvaluationEntry& entry, const EvaluationTable& table) {
  Json json = {{"variant", entry.variant},
               {"figure", entry.figure},
               {"trained", entry.trained},
               {"value", finite_or_null<Json>(entry.measured.value)},
               {"standard_error", finite_or_null<Json>(entry.measured.standard_error)},
               {"n", entry.measured.items},
               {"documents", entry.measured.clusters}};
  const bool mean = table.figure(entry.figure).spec.aggregate == Aggregate::mean;
  if (mean) json["mean"] = json["value"];  // its only name, before there were others
  add(json, "recovered", entry.recovered);
  add(json, "paired", entry.paired);
  add(json, "binding_gap", entry.binding_gap);
  if (const auto verdict = table.verdict(entry)) json["verdict"] = to_text(*verdict);
  if (entry.measured.interval) json["interval"] = to_json(*entry.measured.interval);
  if (entry.published) {
    json["published"] = finite_or_null<Json>(entry.published->value);
    if (entry.published->within) json["published_within"] = finite_or_null<Json>(*entry.published->within);
    if (const auto agreed = agrees(*entry.published, entry.measured.value)) json["agrees"] = *agreed;
  }
  return json;
}

EvaluationEntry entry_from_json(const Json& json) {
  EvaluationEntry entry;
  entry.variant = json.value("variant", "");
  entry.figure = json.value("figure", "");
  entry.trained = json.value("trained", false);
  entry.measured = {number_at(json, json.contains("value") ? "value" : "mean"),
                    number_at(json, "standard_error"), json.value("n", std::int64_t{0}),
                    json.value("documents", std::int64_t{0}), bounds_at(json, "interval")};
  entry.recovered = comparison(json, "recovered", entry.measured);
  entry.paired = comparison(json, "paired", entry.measured);
  entry.binding_gap = comparison(json, "binding_gap", entry.measured);
  if (json.contains("published")) {
    entry.published = {entry.figure, number_at(json, "published"), std::nullopt};
    if (json.contains("published_within")) entry.published->within = number_at(json, "published_within");
  }
  return entry;
}

RunFigures figures_from_json(const Json& json) {
  RunFigures run;
  run.status = json.value("status", "");
  run.seconds = number_at(json, "seconds");
  run.peak_memory_bytes = json.value("peak_memory_bytes", run.peak_memory_bytes);
  run.parameters = json.value("parameters", run.parameters);
  run.steps = json.value("steps", run.steps);
  run.items = json.value("items", run.items);
  run.threads = json.value("threads", run.threads);
  run.seed = json.value("seed", run.seed);
  run.version = json.value("version", "");
  return run;
}

template <class Read>
auto typed(const char* what, const Read& read) {
  try {
    return read();
  } catch (const Json::exception& error) {
    throw Failure(ExitCode::failed, fmt::format("{} has a value of the wrong type", what), {error.what()});
  }
}

}  // namespace

Json to_json(const EvaluationTable& table) {
  Json figures = Json::array();
  for (const std::string& name : table.figures()) figures.push_back(to_json(table.figure(name)));
  Json entries = Json::array();
  for (const EvaluationEntry& entry : table.entries) {
    entries.push_back(to_json(entry, table));
  }
  Json targets = Json::array();
  for (const Target& target : table.targets) targets.push_back(to_json(target));
  return {{"stage", table.stage},
          {"step", table.step},
          {"name", table.name},
          {"reference", table.reference},
          {"ceiling", table.ceiling},
          {"paired", table.paired},
          {"headline", table.headline},
          {"items", table.items},
          {"cluster", table.cluster},
          {"figures", std::move(figures)},
          {"targets", std::move(targets)},
          {"entries", std::move(entries)}};
}

Json to_json(const RunSummary& summary) {
  const RunFigures& run = summary.run;
  Json evaluations = Json::array();
  for (const EvaluationTable& table : summary.evaluations) evaluations.push_back(to_json(table));
  return {{"format", kSummaryFormat},
          {"recipe", summary.recipe},
          {"run",
           {{"status", run.status},
            {"seconds", finite_or_null<Json>(run.seconds)},
            {"peak_memory_bytes", run.peak_memory_bytes},
            {"parameters", run.parameters},
            {"steps", run.steps},
            {"items", run.items},
            {"threads", run.threads},
            {"seed", run.seed},
            {"version", run.version}}},
          {"evaluations", std::move(evaluations)}};
}

EvaluationTable evaluation_from_json(const Json& json) {
  return typed("evaluation", [&] {
    EvaluationTable table;
    table.stage = json.value("stage", "");
    table.step = json.value("step", std::int64_t{0});
    table.name = json.value("name", "");
    table.reference = json.value("reference", "");
    table.ceiling = json.value("ceiling", "");
    table.paired = json.value("paired", "");
    table.headline = json.value("headline", "");
    table.items = json.value("items", table.items);
    table.cluster = json.value("cluster", "document");  // nothing else before there was the key
    for (const Json& figure : json.value("figures", Json::array())) {
      table.described.push_back(figure_from_json(figure));
    }
    for (const Json& target : json.value("targets", Json::array())) {
      table.targets.push_back(target_from_json(target));
    }
    for (const Json& entry : json.value("entries", Json::array())) {
      table.entries.push_back(entry_from_json(entry));
    }
    return table;
  });
}

RunSummary summary_from_json(const Json& json) {
  return typed("summary", [&] {
    const int format = json.value("format", 0);
    if (format != kSummaryFormat) {
      throw Failure(ExitCode::failed,
                    fmt::format("summary has format {} when it should be {}", format, kSummaryFormat));
    }
    RunSummary summary;
    summary.recipe = json.value("recipe", "");
    summary.run = figures_from_json(json.value("run", Json::object()));
    for (const Json& table : json.value("evaluations", Json::array())) {
      summary.evaluations.push_back(evaluation_from_json(table));
    }
    return summary;
  });
}

void write_summary(const std::filesystem::path& path, const RunSummary& summary) {
  // Names come from recipes and are UTF-8; `replace` keeps a stray byte from losing the whole file.
  write_file_atomically(path, to_json(summary).dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

RunSummary read_summary(const std::filesystem::path& path) {
  const std::string text = read_text_file(path);
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) {
    throw Failure(ExitCode::failed, Origin{path.string()}, "is not JSON");
  }
  return summary_from_json(json);
}

}  // namespace gistmill
