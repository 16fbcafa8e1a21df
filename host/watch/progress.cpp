#include "host/watch/progress.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace gistmill {

namespace {

constexpr double kRecent = 30.0;  // seconds of steps that the pace is taken from

// The mean of what is finite.
struct Mean {
  double sum = 0.0;
  int count = 0;

  void add(double value) {
    if (!std::isfinite(value)) return;
    sum += value;
    ++count;
  }
  double value() const { return count > 0 ? sum / count : Pace::kUnknown; }
};

Pace pace_of(const StageRecord& stage) {
  Mean loss;
  Mean utilization;
  Mean step_seconds;
  double seconds = 0.0;
  double items = 0.0;
  for (auto point = stage.points.rbegin(); point != stage.points.rend() && seconds < kRecent; ++point) {
    loss.add(point->loss);
    utilization.add(point->utilization);
    step_seconds.add(point->seconds);
    if (!std::isfinite(point->seconds) || !(point->seconds > 0.0)) break;
    seconds += point->seconds;
    items += std::isfinite(point->items) ? point->items : 0.0;
  }
  Pace pace{loss.value(), Pace::kUnknown, step_seconds.value(), utilization.value()};
  if (seconds > 0.0) pace.items_per_second = items / seconds;
  return pace;
}

const StageRecord* find_stage(const RunRecord& record, std::string_view name) {
  const auto found = std::ranges::find(record.stages, name, &StageRecord::name);
  return found == record.stages.end() ? nullptr : &*found;
}

StageProgress stage_progress(const std::string& name, std::int64_t steps, const StageRecord* record) {
  StageProgress progress{name.empty() ? "train" : name, 0, steps};
  if (record == nullptr) return progress;
  if (!record->points.empty()) progress.step = record->points.back().step;
  if (record->steps > 0) progress.steps = record->steps;
  progress.finished = record->finished;
  return progress;
}

// Those that are planned, then others that trained.
std::vector<StageProgress> stages_of(const RunRecord& record) {
  std::vector<StageProgress> all;
  for (const PlannedStage& stage : record.planned)
    all.push_back(stage_progress(stage.name, stage.steps, find_stage(record, stage.name)));
  for (const StageRecord& stage : record.stages) {
    const bool planned =
        std::ranges::find(record.planned, stage.name, &PlannedStage::name) != record.planned.end();
    if (!planned && stage.steps > 0) all.push_back(stage_progress(stage.name, stage.steps, &stage));
  }
  std::erase_if(all, [](const StageProgress& stage) { return stage.steps <= 0; });
  return all;
}

const StageRecord* current_stage(const RunRecord& record) {
  const StageRecord* named = find_stage(record, record.current_stage);
  if (named != nullptr && !named->points.empty()) return named;
  const auto last = std::find_if(record.stages.rbegin(), record.stages.rend(),
                                 [](const StageRecord& stage) { return !stage.points.empty(); });
  return last == record.stages.rend() ? nullptr : &*last;
}

}  // namespace

RunProgress progress_of(const RunRecord& record, double now) {
  RunProgress progress;
  progress.ended = !record.status.empty();
  progress.status = progress.ended ? record.status : (record.last_event > 0.0 ? "running" : "waiting");
  progress.seconds = record.seconds;
  if (record.process_started > 0.0) progress.seconds += record.last_event - record.process_started;
  if (!progress.ended && record.last_event > 0.0)
    progress.silent_seconds = std::max(0.0, now - record.last_event);
  progress.stages = stages_of(record);
  progress.current = current_stage(record);
  if (progress.current != nullptr) {
    const StageRecord& stage = *progress.current;
    progress.pace = pace_of(stage);
    const auto left = static_cast<double>(stage.steps - stage.points.back().step);
    if (!progress.ended && !stage.finished && left > 0)
      progress.seconds_left = left * progress.pace.seconds_per_step;
  }
  for (const StageRecord& stage : record.stages) {
    if (!stage.evaluations.empty()) progress.evaluation = &stage.evaluations.back();
  }
  if (!record.checkpoints.empty()) progress.checkpoint = &record.checkpoints.back();
  for (const MessageRecord& message : record.messages) {
    if (message.level != "warning" && message.level != "error") continue;
    progress.last_warning = &message;
    ++progress.warnings;
  }
  return progress;
}

}  // namespace gistmill
