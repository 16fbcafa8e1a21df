// How many steps of a stage fit into run.minutes: decided once, from its first steps. No clock of its own.
#pragma once

#include <cstdint>

namespace gistmill {

class TimeBudget {
 public:
  // Steps that a process takes before the decision. The mean leaves out the first one, which makes what later
  // ones find made (packed weights, a filled allocator). It is over two steps, because `passes` of a data set
  // can make every other step cheaper.
  static constexpr std::int64_t kMeasured = 3;

  // `minutes` 0: no bound. `steps`: the recipe's.
  TimeBudget(double minutes, std::int64_t steps);

  // Step number `step` of the stage took `seconds`; `spent` seconds of the budget are gone. Answers true
  // where this step decided how many there will be.
  bool add(std::int64_t step, double seconds, double spent);
  // Takes a decision from before, of a checkpoint: of add() or end(). 0 where there was none yet.
  void restore(std::int64_t decided_steps);

  // The stage ends with step `step`.
  void end(std::int64_t step) { decided_ = steps_ = step; }

  // The steps that will be taken, as far as is known.
  std::int64_t steps() const { return steps_; }
  std::int64_t recipe_steps() const { return recipe_steps_; }
  // What restore() takes; 0 as long as nothing was decided.
  std::int64_t decided() const { return decided_; }
  double seconds_a_step() const { return seconds_a_step_; }

  // Whether the time is over, as it can be where steps became slower than those that were measured.
  bool is_over(double spent) const { return minutes_ > 0 && spent >= 60 * minutes_; }

 private:
  void decide(std::int64_t steps);

  double minutes_;
  std::int64_t recipe_steps_;
  std::int64_t steps_;
  std::int64_t decided_ = 0;
  std::int64_t seen_ = 0;        // steps of this process
  double measured_seconds_ = 0;  // of those after the first
  double seconds_a_step_ = 0;
};

}  // namespace gistmill
