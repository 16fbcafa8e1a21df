// The training loop of one stage: learning rate, optimizer steps (training_step.hpp), events, evaluations,
// checkpoints, and stopping so that the next process goes on bit for bit.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "host/figures/evaluation.hpp"
#include "host/recipe/recipe.hpp"
#include "host/run/checkpoint.hpp"
#include "host/run/evaluator.hpp"
#include "host/run/profile.hpp"
#include "host/run/run_folder.hpp"
#include "host/run/step/events.hpp"
#include "host/run/step/session.hpp"
#include "host/run/step/work.hpp"
#include "host/run/stop_signal.hpp"
#include "host/run/time_budget.hpp"
#include "host/run/training_step.hpp"

namespace gistmill {

// What measures a run.
struct Instruments {
  GemmPeak peak;               // not measured: no share of peak is told
  Profile* profile = nullptr;  // null: none
};

struct StageResult {
  std::int64_t steps = 0;
  std::int64_t items = 0;
  std::int64_t parameters = 0;
  double seconds = 0;
  bool stopped = false;  // saved before the end; going on is possible
};

class Trainer {
 public:
  // Everything outlives the trainer. `identity` is the resolved recipe's; `run_folder` exists; `starts`: as
  // CheckpointInfo's.
  Trainer(Session& session, Events& events, Evaluator& evaluator, const StopSignal& stop,
          const Instruments& instruments, const std::filesystem::path& run_folder, const std::string& stage,
          const std::string& identity, std::map<std::string, std::string> starts = {});

  // Goes on from the latest checkpoint of the stage, if there is one. Throws Failure where the checkpoint is
  // another recipe's, started from other parameters, or where there are some and none can be read. Whether
  // there was one.
  bool resume();

  // Before the first step of a later pass of a stage: the optimizer goes on as the checkpoint left it that
  // the parameters are from, and the data where the pass before ended.
  void go_on_after(const std::string& earlier, Take take);

  std::int64_t step() const { return info_.step; }  // done so far

  // Trains to the last step, or to the last one that fits into run.minutes. Throws Failure
  // (ExitCode::numerics) before a loss or gradient that is not finite changes anything; the last checkpoint
  // then stands.
  StageResult run();

  // Puts the best checkpoint's parameters in place of the last ones, where an evaluation chose one.
  void load_best();

 private:
  void check_starts(const std::filesystem::path& path, const CheckpointInfo& info) const;
  void keep_time(std::int64_t step, double step_seconds);
  void evaluate(std::int64_t step);
  void evaluate_due(std::int64_t step);
  void save(std::int64_t step, bool finished);
  [[noreturn]] void refuse_end(std::int64_t step) const;
  [[noreturn]] void refuse_number(const TrainingStep::Figures& figures, std::int64_t step) const;
  void emit_step(std::int64_t step, const TrainingStep::Figures& figures, const StepRates& rates);

  Session& session_;
  Events& events_;
  Evaluator& evaluator_;
  const StopSignal& stop_;
  Instruments instruments_;
  CheckpointFolder checkpoints_;
  std::filesystem::path run_folder_;
  TrainingStep training_step_;
  std::vector<TensorInstance*> stateful_;
  CheckpointInfo info_;
  TimeBudget budget_;
  CallCache::Counts cache_before_;  // the step
  std::int64_t saved_step_ = -1;
};

}  // namespace gistmill
