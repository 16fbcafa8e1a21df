// Stages in turn, then the recipe's own training and its evaluations; see run.hpp.
#include "host/run/run.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>

#include "gistmill/version.h"
#include "host/diagnostic/failure.hpp"
#include "host/figures/summary.hpp"
#include "host/figures/text_table.hpp"
#include "host/figures/wording.hpp"
#include "host/files/text_file.hpp"
#include "host/identity/recipe_identity.hpp"
#include "host/instance/call_watch.hpp"
#include "host/machine/device.hpp"
#include "host/machine/machine.hpp"
#include "host/machine/memory.hpp"
#include "host/plan/options.hpp"
#include "host/prepare/prepare_recipe.hpp"
#include "host/recipe/lock.hpp"
#include "host/run/evaluator.hpp"
#include "host/run/part_run.hpp"
#include "host/run/peek.hpp"
#include "host/run/run_context.hpp"
#include "host/run/run_folder.hpp"

namespace gistmill {

namespace {

namespace fs = std::filesystem;

// Where the recipe bounds the time of every part: how long the run takes at most.
void say_longest_time(RunContext& context) {
  double minutes = 0;
  std::vector<std::string> names;
  const auto add = [&](const std::string& name, double bound) {
    minutes = bound > 0 && minutes >= 0 ? minutes + bound : -1;
    names.push_back(fmt::format("{} {}", name.empty() ? "training" : name, duration(60 * bound)));
  };
  for (const Part& part : context.parts) {
    const Recipe& recipe = part.recipe;
    if (recipe.run.steps > 0) add(part.name, recipe.run.minutes);
    for (const Evaluation& evaluation : recipe.evaluations) {
      if (evaluation.every > 0 && recipe.run.steps > 0) continue;  // within the time of training
      add(evaluation.name, evaluation.minutes.value_or(recipe.run.minutes));
    }
  }
  if (minutes <= 0) return;
  context.events.message("info", fmt::format("takes at most about {}: {}; less if all steps fit",
                                             duration(60 * minutes), fmt::join(names, ", ")));
}

// Before anything takes time: what `parameters` of the recipe and its stages names.
void check_starting_points(const RunContext& context) {
  for (const Part& part : context.parts) {
    for (const PlannedInstance& instance : part.plan.instances) {
      const fs::path path = instance.parameters;
      std::error_code error;
      if (path.empty() || fs::exists(path, error)) continue;
      std::vector<std::string> there;
      for (fs::directory_iterator entry(path.parent_path(), error), end; !error && entry != end;
           entry.increment(error))
        there.push_back(entry->path().filename().string());
      std::ranges::sort(there);
      throw Failure(ExitCode::recipe, instance.origin,
                    fmt::format("{} starts from '{}', which does not exist", instance.name, path.string()),
                    {there.empty() ? "name a folder of a run's checkpoints, or a safetensors file"
                                   : fmt::format("in its folder there are: {}", fmt::join(there, " "))});
    }
  }
}

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
  context.request.talk(
      fmt::format("{} in {}; continue with: gistmill run {} --folder {} --resume",
                  stop.canceled() ? "interrupted; earlier checkpoints are kept" : "stopped and saved",
                  context.folder.string(), context.request.recipe.string(), context.folder.string()));
  return outcome;
}

// Whether `lock` was written by a run of this recipe with these plugins and this version of the program.
bool is_of_this_run(const fs::path& lock, const Recipe& recipe, const std::vector<LockedPlugin>& plugins) {
  const Recipe before = load_recipe(lock, {});
  const auto text = [](const LockedPlugin& plugin) {
    return fmt::format("{}\n{}\n{}\n{}", plugin.component, plugin.file, plugin.version, plugin.sha256);
  };
  return before.lock && before.lock->host == GM_VERSION &&
         std::ranges::equal(before.lock->plugins, plugins, {}, text, text) &&
         recipe_identity(before) == recipe_identity(recipe);
}

// The answer of a run that ended earlier in this folder, where nothing has changed since.
std::optional<RunOutcome> finished_before(const RunContext& context,
                                          const std::vector<LockedPlugin>& plugins) {
  const fs::path summary_path = context.folder / run_file::kSummary;
  if (!context.request.resume || !fs::exists(summary_path)) return std::nullopt;
  if (!is_of_this_run(context.folder / run_file::kLock, context.recipe, plugins)) {
    throw Failure(
        ExitCode::failed,
        fmt::format("{} holds a finished run of another recipe or other plugins", context.folder.string()),
        {"start over with --fresh, or name another folder with --folder"});
  }
  context.request.talk(
      fmt::format("{} holds this run, finished; --fresh starts over", context.folder.string()));
  RunOutcome outcome = answer(context, read_summary(summary_path));
  if (!fs::exists(context.folder / run_file::kReport)) outcome.report_due = context.folder;
  return outcome;
}

}  // namespace

RunOutcome run_recipe(const RunRequest& request) {
  const auto began = std::chrono::steady_clock::now();
  const auto seconds = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  };
  const StopSignal stop;  // before there is anything to save
  RunContext context(request);
  for (const Part& part : context.parts)
    device_of(part.recipe.run.device, part.recipe.run.device_origin);  // all errors first
  check_starting_points(context);
  context.open_folder();
  const std::vector<LockedPlugin> plugins = context.locked_plugins();
  const std::string lock = lock_text(context.recipe, plugins, GM_VERSION);
  if (auto outcome = finished_before(context, plugins)) return *outcome;
  context.machine = set_up_machine(context.recipe.run.threads);
  if (request.profile || !context.recipe.run.loggers.empty()) {
    context.machine.peak =
        measure_gemm_peak(device_of(context.recipe.run.device, context.recipe.run.device_origin));
  }
  if (request.profile) context.profile = std::make_unique<Profile>(context.machine.peak);
  const bool resumed = fs::exists(context.folder / run_file::kLock);
  const double earlier = resumed && request.seconds_of ? request.seconds_of(context.folder) : 0.0;
  write_file_atomically(context.folder / run_file::kLock, lock);
  context.open_loggers();
  context.emit_started(plugins, resumed);
  say_longest_time(context);

  RunSummary summary;
  summary.recipe = request.recipe.string();
  summary.run.threads = context.machine.threads;
  summary.run.seed = context.recipe.run.seed;
  summary.run.version = GM_VERSION;
  try {
    Carried carried{InstancePool(context.parts), TrainedParameters(context.folder)};
    bool ended = false;  // by a monitor
    for (std::size_t i = 0; i < context.parts.size(); ++i) {
      if (ended && !is_measured_all_the_same(context, i, carried.trained)) continue;
      const PartEnd end = run_part(context, i, carried, stop, summary);
      if (end == PartEnd::stopped) return stopped(context, stop, seconds());
      ended = ended || end == PartEnd::ends_run;
      add_trained(carried.trained, context.parts, i);
    }
  } catch (const Failure& failure) {
    if (failure.code() == ExitCode::interrupted && stop.requested()) return stopped(context, stop, seconds());
    context.events.emit("run_finished", {{"status", "failed"},
                                         {"seconds", seconds()},
                                         {"peak_memory_bytes", peak_memory_bytes()},
                                         {"text", failure.what()}});
    throw;
  }
  return finish(context, summary, earlier, seconds());
}

RunOutcome evaluate_recipe(const RunRequest& request) {
  RunContext context(request);
  set_up_machine(context.recipe.run.threads);
  RunSummary summary;
  summary.recipe = request.recipe.string();
  const StopSignal stop;
  const Part& part = context.parts.back();
  const CallWatch watch(part.recipe.run.call_seconds);
  Session session(part.recipe, part.plan, context.registry, context.events, SessionUse::train_and_evaluate,
                  context.prepared.of(part.recipe));
  TrainedParameters trained(context.folder);
  for (std::size_t i = 0; i < context.parts.size(); ++i) add_trained(trained, context.parts, i);
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
  for (const Part& part : context.parts) {
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
