// Stages in turn, then the recipe's own training and its evaluations; see run.hpp.
#include "host/run/run.hpp"

#include <fmt/format.h>

#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>

#include "gistmill/version.h"
#include "host/diagnostic/failure.hpp"
#include "host/diagnostic/seconds_since.hpp"
#include "host/figures/summary.hpp"
#include "host/figures/text_table.hpp"
#include "host/instance/call_watch.hpp"
#include "host/machine/machine.hpp"
#include "host/machine/memory.hpp"
#include "host/prepare/awaited_parameters.hpp"
#include "host/prepare/given_files.hpp"
#include "host/prepare/prepare_recipe.hpp"
#include "host/prepare/tried_options.hpp"
#include "host/run/evaluator.hpp"
#include "host/run/open_run.hpp"
#include "host/run/part_run.hpp"
#include "host/run/peek.hpp"
#include "host/run/run_context.hpp"
#include "host/run/run_folder.hpp"

namespace gistmill {

namespace {

namespace fs = std::filesystem;

// Since it was made.
class Seconds {
 public:
  double operator()() const { return seconds_since(began_); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point began_ = Clock::now();
};

std::string tables_text(const RunSummary& summary) {
  std::string text;
  for (const EvaluationTable& table : summary.evaluations) text += text_table(table) + "\n";
  return text;
}

RunOutcome answer(const RunContext& context, const RunSummary& summary) {
  RunOutcome outcome;
  outcome.folder = context.folder;
  outcome.text = tables_text(summary);
  nlohmann::json json = to_json(summary);
  if (context.profile) {
    outcome.text += context.profile->table() +
                    fmt::format("profile  {}\n", (context.folder / run_file::kProfile).string());
    json["profile"] = context.profile->totals();
  }
  outcome.text += fmt::format("report   {}\n", (context.folder / run_file::kReport).string());
  outcome.json = json.dump(2) + "\n";
  return outcome;
}

// `earlier`: seconds of the processes that this one goes on from.
RunOutcome finish(RunContext& context, RunSummary& summary, double earlier, double seconds) {
  summary.run.status = "finished";
  summary.run.seconds = earlier + seconds;
  summary.run.peak_memory_bytes = peak_memory_bytes();
  write_summary(context.folder / run_file::kSummary, summary);
  context.events.emit(
      "run_finished",
      {{"status", "finished"}, {"seconds", seconds}, {"peak_memory_bytes", summary.run.peak_memory_bytes}});
  if (context.profile) context.profile->write(context.folder / run_file::kProfile);
  RunOutcome outcome = answer(context, summary);
  outcome.report_due = context.folder;
  return outcome;
}

RunOutcome stopped(RunContext& context, const StopSignal& stop, double seconds) {
  if (context.profile) context.profile->write(context.folder / run_file::kProfile);
  context.events.emit("run_finished", {{"status", stop.canceled() ? "interrupted" : "stopped"},
                                       {"seconds", seconds},
                                       {"peak_memory_bytes", peak_memory_bytes()}});
  RunOutcome outcome;
  outcome.folder = context.folder;
  outcome.code = stop.canceled() ? ExitCode::interrupted : ExitCode::stopped;
  if (!context.ranks.first()) return outcome;
  context.request.talk(
      fmt::format("{} in {}; continue with: gistmill run {} --folder {} --resume",
                  stop.canceled() ? "interrupted; earlier checkpoints are kept" : "stopped and saved",
                  context.folder.string(), context.request.recipe.string(), context.folder.string()));
  return outcome;
}

// The answer of a run that ended earlier in this folder.
RunOutcome finished_before(const RunContext& context) {
  context.request.talk(
      fmt::format("{} holds this run, finished; --fresh starts over", context.folder.string()));
  RunOutcome outcome = answer(context, read_summary(context.folder / run_file::kSummary));
  if (!fs::exists(context.folder / run_file::kReport)) outcome.report_due = context.folder;
  return outcome;
}

// What is left of the failure of a part: the run has stopped, or the failure.
RunOutcome failed(RunContext& context, const StopSignal& stop, const Failure& failure, double seconds) {
  const bool shared = context.ranks.alone() || dynamic_cast<const SharedFailure*>(&failure) != nullptr;
  if (failure.code() == ExitCode::stopped) context.request.talk(failure.message());  // of a preparation
  const bool stops = failure.code() == ExitCode::interrupted || failure.code() == ExitCode::stopped;
  if (stops && (stop.requested() || !context.ranks.alone())) {
    RunOutcome outcome = stopped(context, stop, seconds);
    if (!shared) context.ranks.end_all(outcome.code);
    return outcome;
  }
  context.events.emit("run_finished", {{"status", "failed"},
                                       {"seconds", seconds},
                                       {"peak_memory_bytes", peak_memory_bytes()},
                                       {"text", failure.what()}});
  throw;
}

RunOutcome run_parts(RunContext& context, const StopSignal& stop, double earlier, const Seconds& seconds) {
  RunSummary summary;
  summary.recipe = context.request.recipe.string();
  summary.run.threads = context.machine.threads;
  summary.run.seed = context.recipe.run.seed;
  summary.run.version = GM_VERSION;
  try {
    Carried carried{InstancePool(context.parts), TrainedParameters(context.folder, &context.ranks)};
    bool ended = false;  // by a monitor
    for (std::size_t i = 0; i < context.parts.size(); ++i) {
      if (ended && !is_measured_all_the_same(context, i, carried.trained)) continue;
      const PartEnd end = run_part(context, i, carried, stop, summary);
      if (end == PartEnd::stopped) return stopped(context, stop, seconds());
      ended = ended || end == PartEnd::ends_run;
      add_trained(carried.trained, context.parts, i);
    }
  } catch (const Failure& failure) {
    return failed(context, stop, failure, seconds());
  }
  return context.ranks.first() ? finish(context, summary, earlier, seconds()) : RunOutcome();
}

// A rank that cannot go on by itself ends all; what all ranks have alike is said by rank 0.
RunOutcome together(RunContext& context, const std::function<RunOutcome()>& body) {
  Ranks& ranks = context.ranks;
  if (ranks.alone()) return body();
  RunOutcome outcome;
  try {
    outcome = body();
    ranks.leave();
  } catch (const SharedFailure&) {
    ranks.leave();
    if (ranks.first()) throw;
  } catch (const Failure& failure) {
    ranks.end_all(failure, context.request.tell_failure);
  } catch (const std::exception& error) {
    ranks.end_all(Failure(ExitCode::failed, error.what()), context.request.tell_failure);
  }
  if (ranks.first()) return outcome;
  RunOutcome elsewhere;
  elsewhere.is_answered_elsewhere = true;
  return elsewhere;
}

}  // namespace

RunOutcome run_recipe(const RunRequest& request) {
  const Seconds seconds;
  const StopSignal stop;  // before there is anything to save
  RunContext context(request);
  return together(context, [&] {
    context.ranks.from_first([&] {
      check_given_files(context.parts, context.registry);
      try_options(context.parts, 1, context.folder, context.registry);  // the first part begins right away
      return std::string();
    });
    const OpenedRun opened = open_run(context);
    if (opened.is_done) return context.ranks.first() ? finished_before(context) : RunOutcome();
    return run_parts(context, stop, opened.earlier_seconds, seconds);
  });
}

RunOutcome evaluate_recipe(const RunRequest& request) {
  RunContext context(request);
  set_up_machine(context.recipe.run.threads);
  RunSummary summary;
  summary.recipe = request.recipe.string();
  const StopSignal stop;
  const Part& part = context.parts.back();
  const CallWatch watch(part.recipe.run.call_seconds);
  TrainedParameters trained(context.folder);
  for (std::size_t i = 0; i < context.parts.size(); ++i) add_trained(trained, context.parts, i);
  const StartingPoints starting = starting_points(trained);
  check_given_files(context.parts, context.parts.size() - 1, context.registry, &starting);
  Session session(part.recipe, part.plan, context.registry, context.events, SessionUse::train_and_evaluate,
                  context.prepared.of(part.recipe, starting));
  load_parameters_into(session, trained, context.events);
  const CheckpointFolder checkpoints(context.folder, "");
  for (TensorInstance* instance : session.trained()) {
    load_parameters(checkpoints.best_or_latest(), instance->name(), *instance);
  }
  Evaluator evaluator(session, context.events);
  for (std::size_t i = 0; i < part.recipe.evaluations.size(); ++i) {
    summary.evaluations.push_back(evaluator.run(i, stop, "", 0));
  }
  emit_cache(context, session, "");
  RunOutcome outcome;
  outcome.text = tables_text(summary);
  outcome.json = to_json(summary).dump(2) + "\n";
  return outcome;
}

namespace {

// Of each part; the answer for programs becomes an object.
void add_samples(RunOutcome& outcome, nlohmann::json files, RunContext& context, std::int64_t count) {
  nlohmann::json samples = nlohmann::json::array();
  for (std::size_t i = 0; i < context.parts.size(); ++i) {
    const Part& part = context.parts[i];
    if (!read_anew(context.parts, i).empty()) continue;  // not there before the run gets to it
    const Samples found = peek(part, context.registry, context.prepared.of(part.recipe), count);
    outcome.text += to_text(found);
    samples.push_back(to_json(found));
  }
  outcome.json = nlohmann::json{{"files", std::move(files)}, {"samples", std::move(samples)}}.dump(
                     2, ' ', false, nlohmann::json::error_handler_t::replace) +
                 "\n";
}

}  // namespace

RunOutcome peek_recipe(const RunRequest& request) {
  RunContext context(request);
  PreparedAnswer prepared = prepare_parts(context, context.prepared);
  RunOutcome outcome;
  outcome.text = std::move(prepared.text);
  add_samples(outcome, std::move(prepared.files), context, request.peek);
  return outcome;
}

}  // namespace gistmill
