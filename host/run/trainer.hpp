// The training loop of one stage: learning rate, optimizer steps (training_step.hpp), events, evaluations,
// what monitors decide, checkpoints, and stopping so that the next process goes on bit for bit.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "host/figures/evaluation.hpp"
#include "host/instance/stop_signal.hpp"
#include "host/recipe/recipe.hpp"
#include "host/run/checkpoint.hpp"
#include "host/run/evaluator.hpp"
#include "host/run/lost_steps.hpp"
#include "host/run/monitors.hpp"
#include "host/run/profile.hpp"
#include "host/run/ranks.hpp"
#include "host/run/run_folder.hpp"
#include "host/run/step/events.hpp"
#include "host/run/step/session.hpp"
#include "host/run/step/work.hpp"
#include "host/run/time_budget.hpp"
#include "host/run/training_step.hpp"

namespace gistmill {

// What measures a run.
struct Instruments {
  GemmPeak peak;               // not measured: no share of peak is told
  Profile* profile = nullptr;  // null: none
};

// Which stage of the run it is.
struct StageOfRun {
  std::string name;
  std::string identity;                       // of the resolved recipe
  std::map<std::string, std::string> starts;  // as CheckpointInfo's
  bool last = false;                          // nothing trains after it, and no pass of it was before
};

struct StageResult {
  std::int64_t steps = 0;
  std::int64_t items = 0;
  std::int64_t parameters = 0;
  double seconds = 0;
  bool stopped = false;   // saved before the end; going on is possible
  bool ends_run = false;  // a monitor ended the run with this stage
};

class Trainer {
 public:
  // Everything outlives the trainer; `run_folder` exists. Of several ranks, every one has a trainer and calls
  // the same functions; rank 0 alone evaluates, hears monitors, writes and says.
  Trainer(Session& session, Ranks& ranks, Events& events, Evaluator& evaluator, const StopSignal& stop,
          const Instruments& instruments, const std::filesystem::path& run_folder, const StageOfRun& stage);

  // Goes on from the latest checkpoint of the stage, if there is one. Throws Failure where the checkpoint is
  // another recipe's, started from other parameters, or where there are some and none can be read. Whether
  // there was one.
  bool resume();

  // Before the first step of a later pass of a stage: the optimizer goes on as the checkpoint left it that
  // the parameters are from, and the data where the pass before ended, but for what the instances `anew`
  // read, which is other data than it was.
  void go_on_after(const std::string& earlier, Take take, const std::set<std::string>& anew);

  std::int64_t step() const { return info_.step; }  // done so far

  // Trains to the last step, to the last one that fits into run.minutes, or to where a monitor ends the
  // stage. Throws Failure (ExitCode::numerics) before a loss or gradient that is not finite changes anything,
  // unless a monitor deals with it; the last checkpoint then stands.
  StageResult run();

  // Puts the best checkpoint's parameters in place of the last ones, where an evaluation chose one.
  void load_best();

 private:
  // What has a state that is saved.
  std::vector<TensorInstance*> saved_states() const;
  std::filesystem::path find_last(std::optional<CheckpointInfo>& info);
  void check_starts(const std::filesystem::path& path, const CheckpointInfo& info) const;
  void keep_time(std::int64_t step, double step_seconds);
  void tell_slow_calls();
  double take_step(std::int64_t step);  // seconds
  // Nothing where the step is left out: a process was lost in it.
  std::optional<TrainingStep::Figures> compute_step(std::int64_t step);
  void end_step(std::int64_t step);
  // What ranks may see differently, as rank 0 does: how long the step took and the stage so far. A stop that
  // one rank was asked for is all ranks'.
  void agree(double& step_seconds);
  bool save_where_due();  // false: the stage goes no further
  void evaluate();
  void evaluate_due();
  void run_evaluation(std::size_t index);
  void choose_best(const Evaluation& evaluation, const EvaluationTable& table);
  void check_ranks_agree(std::int64_t step);
  void save(std::int64_t step, bool finished);
  void carry_out_decisions();
  void carry_out(const Monitors::Said& said);
  void emit_decision(const Monitors::Said& said);
  void rewind(const Monitors::Said& said);
  void scale_rates(const Monitors::Said& said);
  void end_stage(const Monitors::Said& said);
  std::string saved_text() const;
  [[noreturn]] void refuse_end(std::int64_t step) const;
  [[noreturn]] void refuse_number(const TrainingStep::Figures& figures, std::int64_t step) const;
  nlohmann::json figures_event(std::int64_t step, const TrainingStep::Figures& figures,
                               const StepRates& rates) const;
  void emit_step(nlohmann::json event, const TrainingStep::Figures& figures);

  Session& session_;
  Ranks& ranks_;
  Events& events_;
  Evaluator& evaluator_;
  const StopSignal& stop_;
  Instruments instruments_;
  CheckpointFolder checkpoints_;
  std::filesystem::path run_folder_;
  TrainingStep training_step_;
  std::vector<TensorInstance*> stateful_;  // of the pipeline
  Monitors monitors_;
  LostSteps lost_steps_;
  bool last_stage_;
  CheckpointInfo info_;
  TimeBudget budget_;
  CallCache::Counts cache_before_;  // the step
  std::int64_t saved_step_ = -1;
  std::int64_t steps_here_ = 0;  // that this process took
  bool stop_asked_ = false;      // of any rank
};

}  // namespace gistmill
