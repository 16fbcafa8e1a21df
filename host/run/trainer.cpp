// One optimizer step after the other; see trainer.hpp.
#include "host/run/trainer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>

#include "host/diagnostic/failure.hpp"
#include "host/diagnostic/seconds_since.hpp"
#include "host/figures/wording.hpp"
#include "host/machine/memory.hpp"
#include "host/run/schedule.hpp"
#include "host/run/slow_calls.hpp"

namespace gistmill {

namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

Trainer::Trainer(Session& session, Ranks& ranks, Events& events, Evaluator& evaluator, const StopSignal& stop,
                 const Instruments& instruments, const std::filesystem::path& run_folder,
                 const StageOfRun& stage)
    : session_(session),
      ranks_(ranks),
      events_(events),
      evaluator_(evaluator),
      stop_(stop),
      instruments_(instruments),
      checkpoints_(run_folder, stage.name, &ranks),
      run_folder_(run_folder),
      training_step_(session, ranks, instruments.profile, stop.cancel_flag()),
      stateful_(session.stateful(training_step_.pipeline())),
      monitors_(session, events, ranks),
      lost_steps_(session, ranks, events),
      last_stage_(stage.last),
      budget_(session.recipe().run.minutes, session.plan().steps) {
  info_.stage = stage.name;
  info_.identity = stage.identity;
  info_.starts = stage.starts;
  info_.ranks = ranks.size();
  for (const TensorInstance* instance : training_step_.trained())
    info_.uses[instance->name()] = instance->planned().spec->name;
}

std::vector<TensorInstance*> Trainer::saved_states() const {
  std::vector<TensorInstance*> all = stateful_;
  std::ranges::copy(monitors_.stateful(), std::back_inserter(all));
  return all;
}

// The last checkpoint, as rank 0 finds it; "" where there is none at all.
std::filesystem::path Trainer::find_last(std::optional<CheckpointInfo>& info) {
  return ranks_.from_first([&] {
    std::string reason;
    const auto last = checkpoints_.latest([&](const std::string& skipped) {
      events_.message("warning", skipped);
      reason = skipped;
    });
    if (!last && !reason.empty()) {
      throw Failure(
          ExitCode::failed,
          fmt::format("no checkpoint in {} can be read", checkpoints_.path_of(0).parent_path().string()),
          {reason, kStartOver});
    }
    if (!last) return std::string();
    info = last->second;
    return last->first.string();
  });
}

bool Trainer::resume() {
  std::optional<CheckpointInfo> found;
  const std::filesystem::path path = find_last(found);
  if (path.empty()) return false;
  const CheckpointInfo info = found ? *found : verify_checkpoint(path);
  if (info.identity != info_.identity) {
    throw Failure(
        ExitCode::recipe,
        fmt::format("{} is of another recipe than {}", path.string(), session_.recipe().path.string()),
        {"go on with the recipe that it was started with: gistmill diff shows where two runs or recipes "
         "differ",
         kStartOver});
  }
  check_starts(path, info);
  if (info.ranks != ranks_.size()) {
    events_.message(
        "warning", fmt::format("{} is of a run with {} rank{}, which goes on with {}: gradients are added up "
                               "in another order, so that the last bits differ",
                               path.string(), info.ranks, info.ranks == 1 ? "" : "s", ranks_.size()));
  }
  load_checkpoint(path, training_step_.trained(), info.finished ? nullptr : &training_step_.optimizer(),
                  saved_states());
  info_ = info;
  info_.ranks = ranks_.size();
  budget_.restore(info.fitted_steps);
  saved_step_ = info.step;
  training_step_.parameters_changed();
  return true;
}

void Trainer::go_on_after(const std::string& earlier, Take take, const std::set<std::string>& anew) {
  const CheckpointFolder before(run_folder_, earlier, &ranks_);
  const std::filesystem::path last = before.last();
  load_optimizer(take == Take::last ? last : before.best_or_latest(), training_step_.optimizer());
  std::vector<TensorInstance*> goes_on = stateful_;
  std::erase_if(goes_on, [&](const TensorInstance* instance) { return anew.contains(instance->name()); });
  load_states(last, goes_on);
}

// Going on from a run that carried parameters from stage to stage in another way would mix two trainings.
void Trainer::check_starts(const std::filesystem::path& path, const CheckpointInfo& info) const {
  if (info.starts == info_.starts) return;
  const auto text = [](const std::map<std::string, std::string>& starts) {
    std::vector<std::string> list;
    for (const auto& [instance, from] : starts) list.push_back(fmt::format("{} from {}", instance, from));
    return list.empty() ? std::string("nothing from an earlier stage")
                        : fmt::format("{}", fmt::join(list, ", "));
  };
  throw Failure(
      ExitCode::failed,
      fmt::format("{} started {} when this run starts {}", path.string(), text(info.starts),
                  text(info_.starts)),
      {"it was written by an earlier version, or checkpoints of an earlier stage have changed", kStartOver});
}

StageResult Trainer::run() {
  StageResult result;
  result.parameters = trainable_numbers(training_step_.trained());
  const double earlier = info_.seconds;
  const auto began = Clock::now();
  while (!info_.finished && !result.stopped) {
    const bool steps = info_.evaluations_due == 0;  // else a stop came before those of the last step
    double step_seconds = steps ? take_step(info_.step + 1) : 0;
    evaluate();
    info_.seconds = earlier + seconds_since(began);
    agree(step_seconds);
    if (steps) keep_time(info_.step, step_seconds);
    if (steps && ++steps_here_ == kJudgedSteps) tell_slow_calls();
    result.stopped = !save_where_due();
  }
  result.steps = info_.step;
  result.items = info_.items;
  result.seconds = info_.seconds;
  result.ends_run = info_.ends_run;
  return result;
}

std::optional<TrainingStep::Figures> Trainer::compute_step(std::int64_t step) {
  try {
    return training_step_.compute(step);
  } catch (const Failure& failure) {
    if (!lost_steps_.leave_out(step, failure)) throw;
    training_step_.leave_out();
    return std::nullopt;
  }
}

void Trainer::end_step(std::int64_t step) {
  info_.step = step;
  info_.evaluations_due = static_cast<std::int64_t>(session_.recipe().evaluations.size());
}

double Trainer::take_step(std::int64_t step) {
  const auto began = Clock::now();
  StepRates rates = step_rates(session_.recipe(), step, budget_.steps());
  rates.scale(info_.learning_rate_factor);
  if (session_.cache() != nullptr) cache_before_ = session_.cache()->counts();
  std::optional<TrainingStep::Figures> computed = compute_step(step);
  if (!computed) {
    end_step(step);
    return seconds_since(began);
  }
  TrainingStep::Figures& figures = *computed;
  if (figures.ended) refuse_end(step);
  nlohmann::json event = figures_event(step, figures, rates);
  const bool skipped = monitors_.leave_out_update(event);
  if (!skipped && !figures.not_finite.empty()) refuse_number(figures, step);
  if (skipped) {
    training_step_.leave_out();
    event["skipped"] = true;
  } else {
    training_step_.update(++info_.updates, rates, figures);
    info_.items += figures.items;
  }
  end_step(step);
  emit_step(std::move(event), figures);
  carry_out_decisions();
  return figures.work.seconds;
}

void Trainer::agree(double& step_seconds) {
  const auto all = ranks_.gather_numbers({step_seconds, info_.seconds, stop_.requested() ? 1.0 : 0.0});
  step_seconds = all.front()[0];
  info_.seconds = all.front()[1];
  stop_asked_ = std::ranges::any_of(all, [](const std::vector<double>& of_rank) { return of_rank[2] != 0; });
}

bool Trainer::save_where_due() {
  const std::int64_t every = session_.recipe().checkpoints.every;
  const bool due = (every > 0 && info_.step % every == 0) || info_.best_step == info_.step;
  const bool complete = info_.evaluations_due == 0;
  const bool finished = complete && info_.step == budget_.steps();
  if (finished || (complete && due)) info_.good_step = info_.step;
  if (finished || due || stop_asked_) save(info_.step, finished);
  return finished || !stop_asked_;
}

// Fits the steps to come into run.minutes, once; ends the stage here where its time is over all the same.
void Trainer::keep_time(std::int64_t step, double step_seconds) {
  const std::string bound = duration(60 * session_.recipe().run.minutes);
  if (budget_.add(step, step_seconds, info_.seconds)) {
    const bool all = budget_.steps() == budget_.recipe_steps();
    const std::string pace = fmt::format("{:.3g} s a step", budget_.seconds_a_step());
    const double left = budget_.seconds_a_step() * static_cast<double>(budget_.steps() - step);
    events_.message(
        "info",
        all ? fmt::format("{} steps take about {}: {}", budget_.steps(), duration(info_.seconds + left), pace)
            : fmt::format("{} of {} steps fit into {}: {}; the learning rate is fitted to them",
                          budget_.steps(), budget_.recipe_steps(), bound, pace));
  } else if (step < budget_.steps() && budget_.is_over(info_.seconds)) {
    events_.message("warning",
                    fmt::format("the {} of run.minutes are over at step {} of {}: steps became slower; the "
                                "learning rate is above its floor",
                                bound, step, budget_.steps()));
    budget_.end(step);
  }
}

void Trainer::tell_slow_calls() {
  for (const std::string& line : slow_calls(training_step_.pipeline(), training_step_.accounts()))
    events_.message("warning", line);
}

void Trainer::load_best() {
  if (info_.best_step == 0 || info_.best_step == info_.step) return;
  const std::filesystem::path path = checkpoints_.path_of(info_.best_step);
  const std::string there = ranks_.from_first(
      [&] { return std::string(std::filesystem::exists(path / "checkpoint.json") ? "there" : ""); });
  if (there.empty()) return;
  events_.message("info", fmt::format("using the best checkpoint, of step {}", info_.best_step));
  for (TensorInstance* instance : training_step_.trained())
    load_parameters(path, instance->name(), *instance);
}

void Trainer::refuse_end(std::int64_t step) const {
  throw Failure(ExitCode::failed, fmt::format("the data ended at step {} of {}", step, budget_.steps()),
                {"let the data set repeat, or lower run.steps"});
}

std::string Trainer::saved_text() const {
  return saved_step_ < 0
             ? "no checkpoint was written yet"
             : fmt::format("the last good checkpoint is {}", checkpoints_.path_of(saved_step_).string());
}

void Trainer::refuse_number(const TrainingStep::Figures& figures, std::int64_t step) const {
  throw Failure(ExitCode::numerics,
                fmt::format("{} is {} at step {} of {}; parameters are those of step {}", figures.not_finite,
                            figures.found, step, budget_.steps(), step - 1),
                {saved_text(), "a lower learning_rate.peak or run.clip often helps"});
}

// A number that is not there, since one before it is not finite, is not finite either.
nlohmann::json Trainer::figures_event(std::int64_t step, const TrainingStep::Figures& figures,
                                      const StepRates& rates) const {
  const bool has_norm = figures.not_finite.empty();
  nlohmann::json event = {
      {"stage", info_.stage},
      {"step", step},
      {"steps", budget_.steps()},
      {"loss", figures.loss},
      {"learning_rate", rates.general},
      {"gradient_norm", has_norm ? nlohmann::json(figures.gradient_norm) : nlohmann::json()}};
  const std::vector<PlannedLoss>& parts = training_step_.pipeline().minimize;
  for (std::size_t i = 0; i < parts.size() && (parts.size() > 1 || parts[i].weight != 1.0); ++i)
    event["losses"][parts[i].slot] = figures.losses[i];
  for (const auto& [instance, rate] : rates.own) event["learning_rates"][instance] = rate;
  return event;
}

void Trainer::emit_step(nlohmann::json event, const TrainingStep::Figures& figures) {
  const double seconds = figures.work.seconds;
  event["seconds"] = seconds;
  event["items"] = figures.items;
  event["items_per_second"] = static_cast<double>(figures.items) / std::fmax(seconds, 1e-9);
  event["peak_memory_bytes"] = peak_memory_bytes();
  if (figures.work.all_flops() > 0) event["flops"] = figures.work.all_flops();
  if (const auto share = share_of_peak(figures.own_work, instruments_.peak)) event["utilization"] = *share;
  if (session_.cache() != nullptr) {
    const CallCache::Counts now = session_.cache()->counts();
    event["cache_hits"] = now.hits - cache_before_.hits;
    event["cache_misses"] = now.misses - cache_before_.misses;
  }
  events_.emit("step", std::move(event));
}

// An evaluation that a stop interrupts is made by the process that goes on: saving comes first.
void Trainer::evaluate() {
  try {
    evaluate_due();
  } catch (const Failure& failure) {
    const bool shared = dynamic_cast<const SharedFailure*>(&failure) != nullptr;  // the stop was rank 0's
    if (failure.code() != ExitCode::interrupted || !(stop_.requested() || shared)) throw;
  }
}

void Trainer::evaluate_due() {
  const std::vector<Evaluation>& evaluations = session_.recipe().evaluations;
  for (; info_.evaluations_due > 0; --info_.evaluations_due) {
    const std::size_t i = evaluations.size() - static_cast<std::size_t>(info_.evaluations_due);
    if (evaluations[i].every == 0 || info_.step % evaluations[i].every != 0) continue;
    run_evaluation(i);
    carry_out_decisions();
  }
}

// On rank 0; the others are told whether it was the best.
void Trainer::run_evaluation(std::size_t index) {
  const Evaluation& evaluation = session_.recipe().evaluations[index];
  const std::string best = ranks_.from_first([&] {
    const ProfileScope scope(instruments_.profile, "evaluation " + evaluation.name);
    const EvaluationTable table = evaluator_.run(index, stop_, info_.stage, info_.step);
    if (!evaluation.best.empty()) choose_best(evaluation, table);
    return nlohmann::json{{"figure", info_.best_figure}, {"step", info_.best_step}}.dump();
  });
  const nlohmann::json told = nlohmann::json::parse(best);
  info_.best_figure = told.at("figure").get<std::string>();
  info_.best_step = told.at("step").get<std::int64_t>();
}

void Trainer::choose_best(const Evaluation& evaluation, const EvaluationTable& table) {
  const EvaluationEntry* chosen = nullptr;
  for (const EvaluationEntry& entry : table.entries) {
    if (entry.figure == evaluation.best && (chosen == nullptr || (entry.trained && !chosen->trained)))
      chosen = &entry;
  }
  if (chosen == nullptr) {
    throw Failure(ExitCode::recipe, evaluation.origin,
                  fmt::format("evaluation '{}' has no figure '{}'", evaluation.name, evaluation.best),
                  {fmt::format("its figures: {}", fmt::join(table.figures(), " "))});
  }
  const double value = chosen->measured.value;
  const Better better = table.figure(chosen->figure).spec.better;
  if (std::isnan(value) || (info_.best_value && !is_better(better, value, *info_.best_value))) return;
  info_.best_figure = chosen->figure;
  info_.best_value = value;
  info_.best_step = info_.step;
}

void Trainer::save(std::int64_t step, bool finished) {
  const ProfileScope scope(instruments_.profile, "checkpoint");
  info_.finished = finished;
  info_.fitted_steps = budget_.decided();
  check_ranks_agree(step);
  const std::filesystem::path path = checkpoints_.path_of(step);
  ranks_.from_first([&] {
    std::error_code ignored;
    std::filesystem::create_directories(path.parent_path(), ignored);
    save_checkpoint(path, info_, training_step_.trained(), &training_step_.optimizer(), saved_states());
    checkpoints_.prune(session_.recipe().checkpoints.keep, {info_.best_step, info_.good_step});
    return std::string();
  });
  saved_step_ = step;
  events_.emit("checkpoint", {{"stage", info_.stage},
                              {"step", step},
                              {"path", std::filesystem::relative(path, run_folder_).string()},
                              {"best", info_.best_step == step}});
}

// Equal gradients make equal parameters where the processors compute alike; a checkpoint of rank 0 must be
// all ranks'.
void Trainer::check_ranks_agree(std::int64_t step) {
  if (ranks_.alone()) return;
  const std::vector<std::string> digests = ranks_.gather_texts(parameter_digest(training_step_.trained()));
  const auto other =
      std::ranges::find_if(digests, [&](const std::string& each) { return each != digests.front(); });
  if (other == digests.end()) return;
  throw SharedFailure(
      ExitCode::failed,
      fmt::format("after step {} the parameters of ranks 0 and {} differ: {} and {}", step,
                  other - digests.begin(), digests.front().substr(0, 12), other->substr(0, 12)),
      {"the ranks compute differently: run them on machines with the same processors and libraries",
       saved_text()});
}

}  // namespace gistmill
