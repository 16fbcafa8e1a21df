// How the training loop carries out what monitors decide; see trainer.hpp.
#include <fmt/format.h>

#include <cmath>

#include "host/diagnostic/failure.hpp"
#include "host/run/trainer.hpp"

namespace gistmill {
namespace {

// "monitor 'guard' said rewind at step 9"
std::string sentence(const Monitors::Said& said, std::int64_t step) {
  return fmt::format("monitor '{}' said {} at step {}", said.monitor->name(),
                     action_name(said.decision.action), step);
}

bool takes_factor(const Decision& decision) {
  return decision.action == GM_DECISION_SCALE || decision.action == GM_DECISION_REWIND;
}

}  // namespace

void Trainer::carry_out_decisions() {
  for (const Monitors::Said& said : monitors_.take()) carry_out(said);
}

void Trainer::carry_out(const Monitors::Said& said) {
  emit_decision(said);
  switch (said.decision.action) {
    case GM_DECISION_ADVANCE:
      return end_stage(said);
    case GM_DECISION_STOP:
      info_.ends_run = true;
      return budget_.end(info_.step);
    case GM_DECISION_SCALE:
      return scale_rates(said);
    case GM_DECISION_REWIND:
      return rewind(said);
    case GM_DECISION_MARK_BEST:
      info_.best_step = info_.step;
      return;
    case GM_DECISION_FAIL:
      throw Failure(ExitCode::numerics, said.monitor->planned().origin,
                    fmt::format("{}: {}", sentence(said, info_.step), said.decision.reason),
                    {saved_text(), "a lower learning_rate.peak or run.clip often helps"});
    default:  // the update was left out
      return;
  }
}

void Trainer::emit_decision(const Monitors::Said& said) {
  nlohmann::json event = {{"stage", info_.stage},
                          {"step", info_.step},
                          {"monitor", said.monitor->name()},
                          {"action", action_name(said.decision.action)},
                          {"reason", said.decision.reason}};
  if (takes_factor(said.decision)) event["factor"] = said.decision.factor;
  if (said.decision.action == GM_DECISION_REWIND) event["to"] = info_.good_step;
  events_.emit("decision", std::move(event));
  events_.talk_where_unshown(fmt::format("{}: {}", sentence(said, info_.step), said.decision.reason));
}

// The steps between stay counted: the schedule and the random numbers go on, and no batch comes twice. Not
// the latest checkpoint but the last one that was due, which a run in one piece has too.
void Trainer::rewind(const Monitors::Said& said) {
  if (info_.good_step == 0) {
    throw Failure(ExitCode::numerics, said.monitor->planned().origin,
                  fmt::format("{}, and there is no checkpoint to go back to: {}", sentence(said, info_.step),
                              said.decision.reason),
                  {"save some with checkpoints.every"});
  }
  const std::filesystem::path path = checkpoints_.path_of(info_.good_step);
  const CheckpointInfo good = verify_checkpoint(path);
  load_checkpoint(path, training_step_.trained(), &training_step_.optimizer(), {});
  training_step_.parameters_changed();
  info_.updates = good.updates;
  scale_rates(said);
}

// Factors that are each in order may come to one that is none.
void Trainer::scale_rates(const Monitors::Said& said) {
  const double factor = info_.learning_rate_factor * said.decision.factor;
  if (!std::isnormal(factor)) {
    throw Failure(ExitCode::numerics, said.monitor->planned().origin,
                  fmt::format("{}, and all factors of the learning rate together are {}",
                              sentence(said, info_.step), factor),
                  {saved_text()});
  }
  info_.learning_rate_factor = factor;
}

void Trainer::end_stage(const Monitors::Said& said) {
  if (!last_stage_ || info_.step == budget_.steps()) return budget_.end(info_.step);
  save(info_.step, false);
  const std::string path = checkpoints_.path_of(info_.step).string();
  throw Failure(
      ExitCode::recipe, said.monitor->planned().origin,
      fmt::format("{} in the last stage, where nothing follows: {}", sentence(said, info_.step),
                  said.decision.reason),
      {fmt::format("what was trained is saved in {}: start from it with parameters = \"{}\"", path, path),
       "a monitor that says stop ends the run well here: monitor/early-stop; or leave it out of "
       "run.monitors"});
}

}  // namespace gistmill
