// The steps of a pipeline that prepares a file, with its calls on several threads: while one step is stored,
// the next one is tokenized, and the one behind that is read. Every stage takes the steps in their order, so
// the file is the one that ForwardRun makes.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "host/prepare/forward_run.hpp"

namespace gistmill {

// Where each stage ends in the calls of the pipeline: an instance belongs to one stage. One stage alone where
// calls cannot be taken apart: one of them computes with LibTorch (whose threads are set for the thread that
// asks), is isolated or checked, gives an object, or depends on nothing that a step brings, so that it would
// run once only.
std::vector<std::size_t> stage_ends(const PlannedPipeline& pipeline, const std::vector<Instance*>& instances);

class StagedRun {
 public:
  // `first`: of the first step. With one thread all calls run on the one that calls run(). `pipeline` and
  // `instances`, as ForwardRun has them, outlive this.
  StagedRun(const PlannedPipeline& pipeline, std::vector<Instance*> instances, const StepContext& first,
            int threads);
  StagedRun(const StagedRun&) = delete;
  StagedRun& operator=(const StagedRun&) = delete;
  ~StagedRun();

  // Brings the next step to its end. False: a source has no more data. Throws what a call of it threw, once
  // the steps before it are done.
  bool run();

  // From now on no step begins; those that did are brought to their end by run(), until none is under way.
  // Then every instance is where the last finished step left it, and go_on() lets steps begin again.
  void hold();
  bool under_way() const;
  void go_on();

 private:
  // A step on its way: what its calls gave so far, or how the steps end.
  struct Passed {
    ForwardRun::Values values;
    StepContext context;
    bool ended = false;
    std::exception_ptr error;

    bool last() const { return ended || error != nullptr; }
  };
  // What one stage has finished and the next has not taken.
  struct Channel {
    std::deque<Passed> waiting;
    std::uint64_t bytes = 0;
  };

  void work(std::size_t stage);
  // Nothing where this ends.
  std::optional<Passed> begin_step();
  std::optional<Passed> take(std::size_t channel);
  bool give(std::size_t channel, Passed step);
  void run_stage(std::size_t stage, Passed& step) const;

  const PlannedPipeline& pipeline_;
  const std::vector<std::size_t> ends_;
  ForwardRun run_;
  StepContext next_;  // of the step that begins next

  mutable std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  std::vector<Channel> channels_;  // behind each stage but the last
  std::uint64_t under_way_ = 0;    // steps that began and are not done
  bool held_ = false;
  bool ending_ = false;

  std::vector<std::thread> threads_;  // of each stage but the last
};

}  // namespace gistmill
