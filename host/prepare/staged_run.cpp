// See staged_run.hpp.
#include "host/prepare/staged_run.hpp"

#include <algorithm>
#include <utility>

#include "host/check/violation.hpp"
#include "host/instance/call_watch.hpp"

namespace gistmill {
namespace {

// A stage that is ahead waits once so much lies before the next one.
constexpr std::size_t kMostSteps = 4;
constexpr std::uint64_t kMostBytes = std::uint64_t{16} << 20;

bool can_run_apart(const Instance& instance) {
  return instance.component().file->manifest.tier != "libtorch" && !instance.planned().isolation;
}

// Whether each step brings every call something new.
bool all_renewed(const PlannedPipeline& pipeline) {
  std::vector<bool> renewed;
  for (const PlannedCall& call : pipeline.calls) {
    const bool reads_new = std::ranges::any_of(
        call.inputs, [&](const PlannedInput& input) { return input.source && renewed[input.source->call]; });
    renewed.push_back(call.operation->effect != Effect::pure || reads_new);
    if (call.kind != CallClass::skipped && !renewed.back()) return false;
  }
  return true;
}

bool gives_object(const PlannedCall& call) {
  return std::ranges::any_of(call.outputs, [](const PlannedOutput& output) { return output.type.is_object; });
}

}  // namespace

std::vector<std::size_t> stage_ends(const PlannedPipeline& pipeline,
                                    const std::vector<Instance*>& instances) {
  const std::size_t count = pipeline.calls.size();
  const bool apart = !checks_calls() && all_renewed(pipeline) &&
                     std::ranges::all_of(pipeline.calls, [&](const PlannedCall& call) {
                       return call.kind == CallClass::skipped ||
                              (can_run_apart(*instances[call.instance]) && !gives_object(call));
                     });
  if (!apart) return {count};
  std::vector<std::size_t> last(instances.size(), 0);  // call of each instance
  for (std::size_t i = 0; i < count; ++i) last[pipeline.calls[i].instance] = i;
  std::vector<std::size_t> ends;
  std::size_t needed = 0;  // the last call of the instances so far
  for (std::size_t i = 0; i < count; ++i) {
    needed = std::max(needed, last[pipeline.calls[i].instance]);
    if (i == needed) ends.push_back(i + 1);
  }
  return ends;
}

StagedRun::StagedRun(const PlannedPipeline& pipeline, std::vector<Instance*> instances,
                     const StepContext& first, int threads)
    : pipeline_(pipeline),
      ends_(threads > 1 ? stage_ends(pipeline, instances) : std::vector{pipeline.calls.size()}),
      run_(pipeline, std::move(instances)),
      next_(first),
      channels_(ends_.size() - 1) {
  for (std::size_t stage = 0; stage + 1 < ends_.size(); ++stage)
    threads_.emplace_back([this, stage] { work(stage); });
}

StagedRun::~StagedRun() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool StagedRun::run() {
  if (channels_.empty()) {
    if (!run_.run(next_)) return false;
    ++next_.step;
    return true;
  }
  const std::string& awaited = pipeline_.calls[ends_[ends_.size() - 2] - 1].name;
  std::optional<Passed> step;
  {
    const RunningCall waiting(awaited);
    step = take(channels_.size() - 1);
  }
  if (!step->last()) {
    watched(pipeline_.calls.back().name, step->context.cancel, [&] {
      run_stage(ends_.size() - 1, *step);
      return true;
    });
  }
  {
    const std::lock_guard lock(mutex_);
    --under_way_;
  }
  if (step->error != nullptr) {
    refuse_overtime();  // says why a call was canceled
    std::rethrow_exception(step->error);
  }
  return !step->ended;
}

void StagedRun::hold() {
  const std::lock_guard lock(mutex_);
  held_ = true;
}

bool StagedRun::under_way() const {
  const std::lock_guard lock(mutex_);
  return under_way_ > 0;
}

void StagedRun::go_on() {
  {
    const std::lock_guard lock(mutex_);
    held_ = false;
  }
  changed_.notify_all();
}

// Takes steps until one is the last.
void StagedRun::work(std::size_t stage) {
  while (true) {
    std::optional<Passed> step = stage == 0 ? begin_step() : take(stage - 1);
    if (!step) return;
    if (!step->last()) run_stage(stage, *step);
    const bool last = step->last();
    if (!give(stage, std::move(*step)) || last) return;
  }
}

std::optional<StagedRun::Passed> StagedRun::begin_step() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return ending_ || !held_; });
  if (ending_) return std::nullopt;
  ++under_way_;
  StepContext context = next_;
  ++next_.step;
  lock.unlock();
  return Passed{run_.new_step(), context, false, nullptr};
}

std::optional<StagedRun::Passed> StagedRun::take(std::size_t channel) {
  std::unique_lock lock(mutex_);
  Channel& from = channels_[channel];
  changed_.wait(lock, [&] { return ending_ || !from.waiting.empty(); });
  if (ending_) return std::nullopt;
  Passed step = std::move(from.waiting.front());
  from.waiting.pop_front();
  from.bytes -= step.values.bytes();
  lock.unlock();
  changed_.notify_all();
  return step;
}

// False where this ends.
bool StagedRun::give(std::size_t channel, Passed step) {
  std::unique_lock lock(mutex_);
  Channel& to = channels_[channel];
  changed_.wait(lock, [&] {
    return ending_ || to.waiting.empty() || (to.waiting.size() < kMostSteps && to.bytes < kMostBytes);
  });
  if (ending_) return false;
  to.bytes += step.values.bytes();
  to.waiting.push_back(std::move(step));
  lock.unlock();
  changed_.notify_all();
  return true;
}

void StagedRun::run_stage(std::size_t stage, Passed& step) const {
  const std::size_t first = stage == 0 ? 0 : ends_[stage - 1];
  try {
    step.ended = !run_.run_part(step.values, first, ends_[stage], step.context);
  } catch (...) {
    step.error = std::current_exception();
  }
}

}  // namespace gistmill
