// Each kind of event has a member function; unknown kinds and keys are passed over.
#include "host/record/record_builder.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "host/diagnostic/failure.hpp"

namespace gistmill {
namespace {

using Json = nlohmann::json;

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

// Values of the wrong type count as missing: a report of a damaged run is better than none.
double number(const Json& json, const char* key, double missing = kUnknown) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number() ? found->get<double>() : missing;
}

// Saturates, since a double beyond the range of an integer has no defined conversion.
std::int64_t integer(const Json& json, const char* key) {
  constexpr double kLimit = 9e18;
  const double value = number(json, key, 0.0);
  return std::isnan(value) ? 0 : static_cast<std::int64_t>(std::clamp(value, -kLimit, kLimit));
}

std::uint64_t count(const Json& json, const char* key) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, integer(json, key)));
}

std::map<std::string, double> losses_of(const Json& step) {
  std::map<std::string, double> out;
  const auto found = step.find("losses");
  if (found == step.end() || !found->is_object()) return out;
  for (const auto& [slot, loss] : found->items())
    out[slot] = loss.is_number() ? loss.get<double>() : kUnknown;
  return out;
}

std::string text(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

std::vector<std::string> words(const Json& json, const char* key) {
  std::vector<std::string> out;
  const auto found = json.find(key);
  if (found == json.end() || !found->is_array()) return out;
  for (const Json& word : *found) {
    if (word.is_string()) out.push_back(word.get<std::string>());
  }
  return out;
}

std::vector<DigestRecord> digests(const Json& json, const char* key, const char* name, const char* what) {
  std::vector<DigestRecord> out;
  const auto found = json.find(key);
  if (found == json.end() || !found->is_array()) return out;
  for (const Json& item : *found) {
    if (item.is_object()) out.push_back({text(item, name), text(item, what), text(item, "digest")});
  }
  return out;
}

}  // namespace

void RecordBuilder::line(std::string_view json, bool complete) {
  const Json event = Json::parse(json, nullptr, false);
  if (!event.is_object()) {
    record_.damaged_lines += complete ? 1 : 0;
    return;
  }
  const std::string kind = text(event, "event");
  if (kind == "run_started") close_process();  // one before that crashed
  note_time(event);
  if (kind == "step") return step(event);  // most events
  if (kind == "run_started") run_started(event);
  if (kind == "stage_started") stage_started(event);
  if (kind == "stage_finished") stage_finished(event);
  if (kind == "contents") contents(event);
  if (kind == "evaluation") evaluation(event);
  if (kind == "checkpoint") checkpoint(event);
  if (kind == "decision") decision(event);
  if (kind == "message") message(event);
  if (kind == "run_finished") run_finished(event);
}

RunRecord RecordBuilder::finish() && {
  close_process();
  for (const StageRecord& stage : record_.stages) {
    for (const EvaluationTable& table : stage.evaluations) keep_last(table);
  }
  return std::move(record_);
}

void RecordBuilder::note_time(const Json& event) {
  const double time = number(event, "time");
  if (!std::isfinite(time)) return;
  if (record_.process_started == 0.0) record_.process_started = time;
  record_.last_event = std::max(time, record_.process_started);
}

// Adds the time of a process that did not say how long it took.
void RecordBuilder::close_process() {
  if (record_.process_started != 0.0) record_.seconds += record_.last_event - record_.process_started;
  record_.process_started = 0.0;
}

void RecordBuilder::run_started(const Json& event) {
  const double time = number(event, "time", 0.0);
  const bool first = record_.started == 0.0;
  if (first) record_.started = time;
  record_.resumptions += first ? 0 : 1;
  record_.status.clear();
  record_.failure.clear();
  record_.recipe = text(event, "recipe");
  record_.run_folder = text(event, "run_folder");
  record_.version = text(event, "version");
  record_.processor = text(event, "processor");
  record_.working_folder = text(event, "working_folder");
  record_.threads = integer(event, "threads");
  record_.seed = integer(event, "seed");
  record_.command = words(event, "command");
  record_.plugins = digests(event, "plugins", "name", "version");
  record_.contents.clear();
  record_.planned.clear();
  const auto stages = event.find("stages");
  if (stages == event.end() || !stages->is_array()) return;
  for (const Json& stage : *stages) {
    if (stage.is_object()) record_.planned.push_back({text(stage, "name"), integer(stage, "steps")});
  }
}

// Stages may share instances' names, and what they depend on.
void RecordBuilder::contents(const Json& event) {
  for (DigestRecord& content : digests(event, "contents", "instance", "use")) {
    const bool known = std::ranges::any_of(record_.contents, [&](const DigestRecord& other) {
      return other.name == content.name && other.digest == content.digest;
    });
    if (!known) record_.contents.push_back(std::move(content));
  }
}

void RecordBuilder::stage_started(const Json& event) {
  StageRecord& stage = stage_of(event);
  stage.steps = integer(event, "steps");
  stage.parameters = count(event, "parameters");
  stage.trains = words(event, "trains");
  stage.finished = false;
}

void RecordBuilder::stage_finished(const Json& event) { stage_of(event).finished = true; }

void RecordBuilder::step(const Json& event) {
  StageRecord& stage = stage_of(event);
  const std::int64_t step = integer(event, "step");
  if (const std::int64_t steps = integer(event, "steps"); steps > 0) stage.steps = steps;
  while (!stage.points.empty() && stage.points.back().step >= step) stage.points.pop_back();
  std::erase_if(stage.evaluations, [step](const EvaluationTable& table) { return table.step >= step; });
  while (!record_.checkpoints.empty() && record_.checkpoints.back().stage == stage.name &&
         record_.checkpoints.back().step >= step)
    record_.checkpoints.pop_back();
  std::erase_if(record_.decisions, [&](const DecisionRecord& decision) {
    return decision.stage == stage.name && decision.step >= step;
  });
  stage.points.push_back({step, number(event, "loss"), number(event, "learning_rate"),
                          number(event, "gradient_norm"), number(event, "seconds"), number(event, "items"),
                          losses_of(event), number(event, "utilization"),
                          number(event, "peak_memory_bytes")});
  record_.peak_memory_bytes = std::max(record_.peak_memory_bytes, count(event, "peak_memory_bytes"));
}

void RecordBuilder::evaluation(const Json& event) {
  EvaluationTable table;
  try {
    table = evaluation_from_json(event);
  } catch (const Failure&) {
    ++record_.damaged_lines;
    return;
  }
  auto& evaluations = stage_of(event).evaluations;
  std::erase_if(evaluations, [&](const EvaluationTable& other) {
    return other.name == table.name && other.step >= table.step;
  });
  evaluations.push_back(std::move(table));
}

void RecordBuilder::checkpoint(const Json& event) {
  const auto best = event.find("best");
  record_.checkpoints.push_back({number(event, "time", 0.0), text(event, "stage"), integer(event, "step"),
                                 best != event.end() && *best == true});
}

void RecordBuilder::decision(const Json& event) {
  record_.decisions.push_back({number(event, "time", 0.0), text(event, "stage"), integer(event, "step"),
                               text(event, "monitor"), text(event, "action"), text(event, "reason"),
                               number(event, "factor")});
}

void RecordBuilder::message(const Json& event) {
  record_.messages.push_back(
      {number(event, "time", 0.0), text(event, "level"), text(event, "instance"), text(event, "text")});
}

void RecordBuilder::run_finished(const Json& event) {
  record_.status = text(event, "status");
  record_.failure = text(event, "text");
  record_.peak_memory_bytes = std::max(record_.peak_memory_bytes, count(event, "peak_memory_bytes"));
  const double seconds = number(event, "seconds");
  if (std::isfinite(seconds)) {
    record_.seconds += seconds;
  } else {
    close_process();
  }
  record_.process_started = 0.0;
}

StageRecord& RecordBuilder::stage_of(const Json& event) {
  record_.current_stage = text(event, "stage");
  const auto found = std::ranges::find(record_.stages, record_.current_stage, &StageRecord::name);
  if (found != record_.stages.end()) return *found;
  record_.stages.push_back({});
  record_.stages.back().name = record_.current_stage;
  return record_.stages.back();
}

// Of the evaluations of one name in one stage the last one stands for the run.
void RecordBuilder::keep_last(const EvaluationTable& table) {
  std::erase_if(record_.evaluations, [&](const EvaluationTable& other) {
    return other.name == table.name && other.stage == table.stage;
  });
  record_.evaluations.push_back(table);
}

}  // namespace gistmill
