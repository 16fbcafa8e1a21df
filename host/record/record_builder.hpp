// Replays the events of a run, one line of events.jsonl after the other, by the rules of docs/events.md.
// Never throws on damaged text: a line or a value that makes no sense is left out.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "host/record/run_record.hpp"

namespace gistmill {

class RecordBuilder {
 public:
  // `complete`: the line had its end; one that is cut short is no damage.
  void line(std::string_view json, bool complete = true);

  // What is known so far. Final evaluations (RunRecord::evaluations) are not: those of the stages are.
  const RunRecord& so_far() const { return record_; }

  // When nothing more comes.
  RunRecord finish() &&;

 private:
  void note_time(const nlohmann::json& event);
  void close_process();
  void run_started(const nlohmann::json& event);
  void contents(const nlohmann::json& event);
  void stage_started(const nlohmann::json& event);
  void stage_finished(const nlohmann::json& event);
  void step(const nlohmann::json& event);
  void evaluation(const nlohmann::json& event);
  void checkpoint(const nlohmann::json& event);
  void decision(const nlohmann::json& event);
  void message(const nlohmann::json& event);
  void run_finished(const nlohmann::json& event);
  StageRecord& stage_of(const nlohmann::json& event);
  void keep_last(const EvaluationTable& table);

  RunRecord record_;
};

}  // namespace gistmill
