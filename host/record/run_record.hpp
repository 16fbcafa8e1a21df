// What a run folder tells of a run: events.jsonl, summary.json, plan.json, items/, examples/ and
// recipe.lock.toml, read into one value. Tolerant of what a crash leaves; not for showing anything. While a
// run goes on: record_builder.hpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "host/figures/examples.hpp"
#include "host/figures/measured_items.hpp"
#include "host/figures/summary.hpp"

namespace gistmill {

// One optimizer step. What an event lacks is NaN.
struct StepPoint {
  std::int64_t step = 0;
  double loss = 0.0;
  double learning_rate = 0.0;
  double gradient_norm = 0.0;
  double seconds = 0.0;
  double items = 0.0;
  std::map<std::string, double> losses = {};  // by slot, without weights, where several parts are minimized
  double utilization = 0.0;                   // share of the machine's peak
  double peak_memory_bytes = 0.0;             // of the process so far
};

struct StageRecord {
  std::string name;
  std::int64_t steps = 0;  // that the stage is to have at its end, as the latest event says
  bool finished = false;
  std::uint64_t parameters = 0;
  std::vector<std::string> trains;
  std::vector<StepPoint> points;             // ascending steps, each once
  std::vector<EvaluationTable> evaluations;  // ascending steps
};

struct MessageRecord {
  double time = 0.0;  // seconds since 1970
  std::string level;
  std::string instance;
  std::string text;
};

struct CheckpointRecord {
  double time = 0.0;  // seconds since 1970
  std::string stage;
  std::int64_t step = 0;
  bool best = false;
};

// What a monitor decided.
struct DecisionRecord {
  double time = 0.0;  // seconds since 1970
  std::string stage;
  std::int64_t step = 0;
  std::string monitor;
  std::string action;  // "advance", "rewind"
  std::string reason;
  double factor = 0.0;  // of the learning rate; NaN: of an action that has none

  std::string text() const;  // "guard said rewind at step 9: the loss is not finite"
};

// What a run is going to train, in order.
struct PlannedStage {
  std::string name;
  std::int64_t steps = 0;
};

// What `gistmill plan` measured of a stage, before it ran.
struct PlannedCost {
  double seconds_per_step = 0.0;  // NaN: not measured
  double memory_bytes = 0.0;      // at its peak; NaN: unknown
};

// A plugin (name, version, digest) or outside content (instance, use, digest).
struct DigestRecord {
  std::string name;
  std::string what;
  std::string digest;
};

struct RunRecord {
  std::string recipe;
  std::string run_folder;
  std::string version;
  std::string processor;
  std::string working_folder;
  std::string status;                // of the last process; "" where it has not ended, or crashed
  std::string failure;               // what failed
  std::vector<std::string> command;  // words
  std::int64_t threads = 0;
  std::int64_t seed = 0;
  double started = 0.0;          // seconds since 1970; 0: unknown
  double seconds = 0.0;          // over all processes; of a crashed one up to its last event
  double process_started = 0.0;  // of one whose end is not known yet, and not part of `seconds`; 0: none
  double last_event = 0.0;       // seconds since 1970; 0: unknown
  std::uint64_t peak_memory_bytes = 0;
  int resumptions = 0;
  int damaged_lines = 0;  // that are not JSON objects, besides a last line that was cut short
  std::vector<PlannedStage> planned;
  std::map<std::string, PlannedCost> costs;  // by stage, of plan.json; empty where nobody planned it there
  std::vector<StageRecord> stages;           // in the order of their first events
  std::string current_stage;                 // that the latest event was about
  std::vector<CheckpointRecord> checkpoints;
  std::vector<DecisionRecord> decisions;
  std::vector<MessageRecord> messages;
  std::vector<DigestRecord> plugins;
  std::vector<DigestRecord> contents;
  std::vector<EvaluationTable> evaluations;  // final ones: of summary.json, else the last of the events
  std::vector<MeasuredItems> items;          // of the final evaluations, where the run kept them
  std::vector<EvaluationExamples> examples;  // of the same
  std::string recipe_lock;                   // text of recipe.lock.toml; "" where there is none
};

// Reads events.jsonl's text by the rules of docs/events.md. Never throws on damaged text: a line or a value
// that makes no sense is left out.
RunRecord record_from_events(std::string_view jsonl);

// Reads the run folder; files that are not there are left out. Throws Failure (ExitCode::failed) where the
// folder does not exist or a file cannot be read. A summary.json that makes no sense becomes a message, and
// so do items.
RunRecord read_run(const std::filesystem::path& run_folder);

}  // namespace gistmill
