// The training loop of one stage: micro-steps, backward, clipping, learning rate, optimizer, evaluations,
// checkpoints, and stopping so that the next process goes on bit for bit.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "host/report/evaluation.hpp"
#include "host/run/checkpoint.hpp"
#include "host/run/evaluator.hpp"
#include "host/run/events.hpp"
#include "host/run/pipeline_run.hpp"
#include "host/run/run_folder.hpp"
#include "host/run/session.hpp"
#include "host/run/stop_signal.hpp"

namespace gistmill {

struct StageResult {
  std::int64_t steps = 0;
  std::int64_t items = 0;
  std::int64_t parameters = 0;
  double seconds = 0;
  bool stopped = false;  // saved before the end; going on is possible
};

class Trainer {
 public:
  // Everything outlives the trainer. `identity` is the resolved recipe's; `run_folder` exists.
  Trainer(Session& session, Events& events, Evaluator& evaluator, const StopSignal& stop,
          const std::filesystem::path& run_folder, const std::string& stage, const std::string& identity);

  // Goes on from the latest checkpoint of the stage, if there is one. Throws Failure where the checkpoint is
  // another recipe's.
  void resume();

  std::int64_t step() const { return info_.step; }  // done so far

  // Trains to the last step. Throws Failure (ExitCode::numerics) before a loss or gradient that is not finite
  // changes anything; the last checkpoint then stands.
  StageResult run();

  // Puts the best checkpoint's parameters in place of the last ones, where an evaluation chose one.
  void load_best();

 private:
  struct StepFigures {
    double loss = 0;
    double gradient_norm = 0;
    std::int64_t items = 0;
  };
  StepFigures train_step(std::int64_t step, double learning_rate);
  void accumulate(std::int64_t step, std::int64_t micro_step, StepFigures& figures);
  double clip_gradients();
  void evaluate(std::int64_t step);
  void evaluate_due(std::int64_t step);
  void save(std::int64_t step, bool finished);
  [[noreturn]] void refuse_number(const std::string& what, double value, std::int64_t step) const;
  void emit_step(std::int64_t step, const StepFigures& figures, double learning_rate, double seconds);

  Session& session_;
  Events& events_;
  Evaluator& evaluator_;
  const StopSignal& stop_;
  CheckpointFolder checkpoints_;
  std::filesystem::path run_folder_;
  PipelineRun pipeline_;
  std::vector<Instance*> trained_;
  std::vector<Instance*> stateful_;
  std::vector<at::Tensor> gradients_;
  Instance* optimizer_;
  const gm_optimizer_extension* optimizer_extension_;
  CheckpointInfo info_;
  CallCache::Counts cache_before_;  // the step
  std::int64_t saved_step_ = -1;
  std::uint64_t parameter_generation_ = 0;
};

}  // namespace gistmill
