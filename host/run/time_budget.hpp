// How many steps of a stage fit into run.minutes: decided once, from its first steps. No clock of its own.
#pragma once

#include <cstdint>

#include "host/recipe/recipe.hpp"

namespace gistmill {

class TimeBudget {
 public:
  // The steps that are measured before anything is decided. The first one makes what later ones find made
  // (packed weights, a filled allocator), so the mean is over those after it; two, because `passes` of a data
  // set can make steps dear and cheap by turns.
  static constexpr std::int64_t kMeasured = 3;

  // `minutes` 0: no bound. `steps`, `schedule`: the recipe's.
  TimeBudget(double minutes, std::int64_t steps, const LearningRate& schedule);

  // Step number `step`, from 1, took `seconds`; `spent` seconds of the budget are gone. Answers true where
  // this decided on fewer steps than the recipe's.
  bool add(std::int64_t step, double seconds, double spent);
  // Takes a decision from before, of a checkpoint: 0 where there was none yet.
  void restore(std::int64_t decided_steps);

  // The steps that will be taken, as far as is known.
  std::int64_t steps() const { return steps_; }
  std::int64_t recipe_steps() const { return recipe_steps_; }
  // What restore() takes; 0 as long as nothing was decided.
  std::int64_t decided() const { return decided_; }
  // The recipe's, with a warm-up that is as large a share of fewer steps.
  const LearningRate& schedule() const { return schedule_; }
  double seconds_a_step() const { return seconds_a_step_; }

  // Whether the time is over, as it can be where steps became slower than those that were measured.
  bool is_over(double spent) const { return minutes_ > 0 && spent >= 60 * minutes_; }

 private:
  void decide(std::int64_t steps);

  double minutes_;
  std::int64_t recipe_steps_;
  LearningRate recipe_schedule_;
  std::int64_t steps_;
  LearningRate schedule_;
  std::int64_t decided_ = 0;
  double measured_seconds_ = 0;  // of the steps after the first
  std::int64_t measured_steps_ = 0;
  double seconds_a_step_ = 0;
};

}  // namespace gistmill
