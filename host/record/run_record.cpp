// A whole run at once, from its folder.
#include "host/record/run_record.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "host/diagnostic/failure.hpp"
#include "host/files/text_file.hpp"
#include "host/record/record_builder.hpp"

namespace gistmill {
namespace {

using Json = nlohmann::json;

void take_summary(RunRecord& record, const std::string& summary_text) {
  try {
    RunSummary summary = summary_from_json(Json::parse(summary_text));
    if (!summary.evaluations.empty()) record.evaluations = std::move(summary.evaluations);
    if (record.recipe.empty()) record.recipe = summary.recipe;
  } catch (const Failure& failure) {
    record.messages.push_back({0.0, "warning", "report", "summary.json left out: " + failure.message()});
  } catch (const Json::exception&) {
    record.messages.push_back({0.0, "warning", "report", "summary.json left out: it is not JSON"});
  }
}

double number_at(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number() ? found->get<double>()
                                                   : std::numeric_limits<double>::quiet_NaN();
}

// As `gistmill plan --json` prints it.
void take_plan(RunRecord& record, const std::string& text) {
  const Json plan = Json::parse(text, nullptr, false);
  if (!plan.is_array())
    record.messages.push_back({0.0, "warning", "report", "plan.json left out: it is no plan"});
  for (const Json& stage : plan.is_array() ? plan : Json::array()) {
    if (!stage.is_object() || !stage.contains("stage") || !stage["stage"].is_string()) continue;
    const Json measured = stage.value("measured", Json::object());
    record.costs[stage["stage"].get<std::string>()] = {number_at(measured, "seconds_per_step"),
                                                       number_at(measured, "needed_bytes")};
  }
}

void take_items(RunRecord& record, const std::filesystem::path& run_folder) {
  try {
    record.items = read_items_of(run_folder);
  } catch (const Failure& failure) {
    record.messages.push_back({0.0, "warning", "report", fmt::format("items left out: {}", failure.what())});
  }
}

void take_examples(RunRecord& record, const std::filesystem::path& run_folder) {
  try {
    record.examples = read_examples_of(run_folder);
  } catch (const Failure& failure) {
    record.messages.push_back(
        {0.0, "warning", "report", fmt::format("examples left out: {}", failure.what())});
  }
}

}  // namespace

std::string DecisionRecord::text() const {
  const std::string rate =
      std::isfinite(factor) && factor != 1.0 ? fmt::format(", learning rate times {:.3g}", factor) : "";
  return fmt::format("{} said {} at step {}{}: {}", monitor, action, step, rate, reason);
}

RunRecord record_from_events(std::string_view jsonl) {
  RecordBuilder builder;
  while (!jsonl.empty()) {
    const std::size_t end = jsonl.find('\n');
    const bool complete = end != std::string_view::npos;
    const std::string_view line = jsonl.substr(0, end);
    if (!line.empty()) builder.line(line, complete);
    jsonl.remove_prefix(complete ? end + 1 : jsonl.size());
  }
  return std::move(builder).finish();
}

RunRecord read_run(const std::filesystem::path& run_folder) {
  if (!std::filesystem::is_directory(run_folder)) {
    throw Failure(ExitCode::failed, "no run folder '" + run_folder.string() + "'",
                  {"name the folder that a run writes to: runs/NAME where no other was given"});
  }
  RunRecord record = record_from_events(read_text_file_if_there(run_folder / "events.jsonl").value_or(""));
  if (const auto summary = read_text_file_if_there(run_folder / "summary.json"))
    take_summary(record, *summary);
  if (const auto plan = read_text_file_if_there(run_folder / "plan.json")) take_plan(record, *plan);
  take_items(record, run_folder);
  take_examples(record, run_folder);
  record.recipe_lock = read_text_file_if_there(run_folder / "recipe.lock.toml").value_or("");
  return record;
}

}  // namespace gistmill
