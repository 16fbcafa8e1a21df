// Replays the events of a run. Each kind has a member function; unknown kinds and keys are passed over.
#include "host/report/run_record.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "host/diagnostic/failure.hpp"
#include "host/files/text_file.hpp"

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

class Replay {
 public:
  void line(std::string_view json, bool complete) {
    const Json event = Json::parse(json, nullptr, false);
    if (!event.is_object()) {
      record_.damaged_lines += complete ? 1 : 0;
      return;
    }
    const std::string kind = text(event, "event");
    if (kind == "run_started") close_process();  // one before that crashed
    note_time(event);
    if (kind == "run_started") run_started(event);
    if (kind == "stage_started") stage_started(event);
    if (kind == "contents") contents(event);
    if (kind == "step") step(event);
    if (kind == "evaluation") evaluation(event);
    if (kind == "message") message(event);
    if (kind == "run_finished") run_finished(event);
  }

  RunRecord finish() {
    close_process();
    for (const StageRecord& stage : record_.stages) {
      for (const EvaluationTable& table : stage.evaluations) keep_last(table);
    }
    return std::move(record_);
  }

 private:
  void note_time(const Json& event) {
    const double time = number(event, "time");
    if (!std::isfinite(time)) return;
    if (std::isnan(process_started_)) process_started_ = time;
    last_time_ = std::max(time, process_started_);
  }

  // Adds the time of a process that did not say how long it took.
  void close_process() {
    if (!std::isnan(process_started_)) record_.seconds += last_time_ - process_started_;
    process_started_ = kUnknown;
  }

  void run_started(const Json& event) {
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
  }

  // Stages may share instances' names, and what they depend on.
  void contents(const Json& event) {
    for (DigestRecord& content : digests(event, "contents", "instance", "use")) {
      const bool known = std::ranges::any_of(record_.contents, [&](const DigestRecord& other) {
        return other.name == content.name && other.digest == content.digest;
      });
      if (!known) record_.contents.push_back(std::move(content));
    }
  }

  void stage_started(const Json& event) {
    StageRecord& stage = stage_of(event);
    stage.steps = integer(event, "steps");
    stage.parameters = count(event, "parameters");
    stage.trains = words(event, "trains");
  }

  void step(const Json& event) {
    StageRecord& stage = stage_of(event);
    const std::int64_t step = integer(event, "step");
    stage.steps = std::max(stage.steps, integer(event, "steps"));
    while (!stage.points.empty() && stage.points.back().step >= step) stage.points.pop_back();
    std::erase_if(stage.evaluations, [step](const EvaluationTable& table) { return table.step >= step; });
    stage.points.push_back({step, number(event, "loss"), number(event, "learning_rate"),
                            number(event, "gradient_norm"), number(event, "seconds"), number(event, "items"),
                            losses_of(event)});
    record_.peak_memory_bytes = std::max(record_.peak_memory_bytes, count(event, "peak_memory_bytes"));
  }

  void evaluation(const Json& event) {
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

  void message(const Json& event) {
    record_.messages.push_back(
        {number(event, "time", 0.0), text(event, "level"), text(event, "instance"), text(event, "text")});
  }

  void run_finished(const Json& event) {
    record_.status = text(event, "status");
    record_.failure = text(event, "text");
    record_.peak_memory_bytes = std::max(record_.peak_memory_bytes, count(event, "peak_memory_bytes"));
    const double seconds = number(event, "seconds");
    if (std::isfinite(seconds)) {
      record_.seconds += seconds;
    } else {
      close_process();
    }
    process_started_ = kUnknown;
  }

  StageRecord& stage_of(const Json& event) {
    const std::string name = text(event, "stage");
    const auto found = std::ranges::find(record_.stages, name, &StageRecord::name);
    if (found != record_.stages.end()) return *found;
    record_.stages.push_back({});
    record_.stages.back().name = name;
    return record_.stages.back();
  }

  // Of the evaluations of one name in one stage the last one stands for the run.
  void keep_last(const EvaluationTable& table) {
    std::erase_if(record_.evaluations, [&](const EvaluationTable& other) {
      return other.name == table.name && other.stage == table.stage;
    });
    record_.evaluations.push_back(table);
  }

  RunRecord record_;
  double process_started_ = kUnknown;
  double last_time_ = 0.0;
};

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

}  // namespace

RunRecord record_from_events(std::string_view jsonl) {
  Replay replay;
  while (!jsonl.empty()) {
    const std::size_t end = jsonl.find('\n');
    const bool complete = end != std::string_view::npos;
    const std::string_view line = jsonl.substr(0, end);
    if (!line.empty()) replay.line(line, complete);
    jsonl.remove_prefix(complete ? end + 1 : jsonl.size());
  }
  return replay.finish();
}

RunRecord read_run(const std::filesystem::path& run_folder) {
  if (!std::filesystem::is_directory(run_folder)) {
    throw Failure(ExitCode::failed, "no run folder '" + run_folder.string() + "'");
  }
  RunRecord record = record_from_events(read_text_file_if_there(run_folder / "events.jsonl").value_or(""));
  if (const auto summary = read_text_file_if_there(run_folder / "summary.json"))
    take_summary(record, *summary);
  record.recipe_lock = read_text_file_if_there(run_folder / "recipe.lock.toml").value_or("");
  return record;
}

}  // namespace gistmill
