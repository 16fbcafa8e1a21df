// Stages in turn, then the recipe's own training and its evaluations; see run.hpp.
#include "host/run/run.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "gistmill/version.h"
#include "host/diagnostic/failure.hpp"
#include "host/figures/summary.hpp"
#include "host/figures/text_table.hpp"
#include "host/files/atomic_write.hpp"
#include "host/files/digest.hpp"
#include "host/instance/machine.hpp"
#include "host/recipe/lock.hpp"
#include "host/run/device.hpp"
#include "host/run/machine.hpp"
#include "host/run/prepare.hpp"
#include "host/run/run_context.hpp"
#include "host/run/run_folder.hpp"
#include "host/run/trainer.hpp"

namespace gistmill {

namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

std::string identity_of(const Recipe& recipe) { return sha256_hex(lock_text(recipe, {}, "")); }

// Parameters that an instance starts from: a file that the recipe names, what a stage left, or what the stage
// before left in an instance of the same name and component.
void load_starting_parameters(const RunContext& context, Session& session,
                              const std::string& previous_stage) {
  for (Instance* instance : session.instances()) {
    if (instance == nullptr || instance->parameters().empty()) continue;
    const PlannedInstance& planned = instance->planned();
    if (!planned.parameters.empty()) {
      load_parameters(planned.parameters, planned.name, *instance);
    } else if (!planned.from.empty()) {
      const std::size_t dot = planned.from.find('.');
      const CheckpointFolder checkpoints(context.folder, planned.from.substr(0, dot));
      load_parameters(checkpoints.best_or_latest(), planned.from.substr(dot + 1), *instance);
    } else if (!previous_stage.empty()) {
      const CheckpointFolder checkpoints(context.folder, previous_stage);
      const fs::path path = checkpoints.best_or_latest();
      const CheckpointInfo info = verify_checkpoint(path);
      const auto use = info.uses.find(planned.name);
      if (use != info.uses.end() && use->second == planned.spec->name)
        load_parameters(path, planned.name, *instance);
    }
  }
}

// Evaluations that are not part of training, after it.
void evaluate_at_end(const RunContext& context, Session& session, Evaluator& evaluator,
                     const StopSignal& stop, const std::string& stage, std::int64_t step,
                     RunSummary& summary) {
  for (std::size_t i = 0; i < session.recipe().evaluations.size(); ++i) {
    const Evaluation& evaluation = session.recipe().evaluations[i];
    if (evaluation.every > 0 && session.recipe().run.steps > 0) continue;
    const ProfileScope scope(context.profile.get(), "evaluation " + evaluation.name);
    summary.evaluations.push_back(evaluator.run(i, stop, stage, step));
  }
}

// Outside content that the results depend on: digests of model files and data.
void emit_contents(RunContext& context, const Session& session, const std::string& stage) {
  nlohmann::json contents = nlohmann::json::array();
  for (const Instance* instance : session.instances()) {
    if (instance == nullptr) continue;
    const std::string digest = instance->digest();
    if (digest.empty()) continue;
    contents.push_back(
        {{"instance", instance->name()}, {"use", instance->planned().spec->name}, {"digest", digest}});
  }
  if (!contents.empty()) context.events.emit("contents", {{"stage", stage}, {"contents", contents}});
}

// What the cache did since the session began.
void emit_cache(RunContext& context, const Session& session, const std::string& stage) {
  if (session.cache() == nullptr) return;
  nlohmann::json event = session.cache()->to_json();
  event["stage"] = stage;
  context.events.emit("cache", event);
  const CallCache::Counts counts = session.cache()->counts();
  context.events.message(
      "info", fmt::format("cache: {} of {} calls answered, {:.2f} GB read, {:.2f} GB written", counts.hits,
                          counts.hits + counts.misses, static_cast<double>(counts.bytes_read) / 1e9,
                          static_cast<double>(counts.bytes_written) / 1e9));
}

enum class PartEnd { finished, stopped };

PartEnd run_part(RunContext& context, const Part& part, std::size_t index, std::size_t count,
                 const std::string& previous_stage, const StopSignal& stop, RunSummary& summary) {
  Session session(part.recipe, context.registry, context.events, SessionUse::train_and_evaluate,
                  context.prepared(part.recipe));
  emit_contents(context, session, part.name);
  load_starting_parameters(context, session, previous_stage);
  Evaluator evaluator(session, context.events);
  std::int64_t step = 0;
  if (context.profile) context.profile->begin_stage(part.name);
  if (part.recipe.run.steps > 0) {
    Trainer trainer(session, context.events, evaluator, stop, {context.machine.peak, context.profile.get()},
                    context.folder, part.name, identity_of(part.recipe));
    if (context.request.resume) trainer.resume();
    nlohmann::json trains = nlohmann::json::array();
    for (const Instance* instance : session.trained()) trains.push_back(instance->name());
    context.events.emit("stage_started", {{"stage", part.name},
                                          {"index", index + 1},
                                          {"count", count},
                                          {"steps", part.recipe.run.steps},
                                          {"step", trainer.step()},
                                          {"trains", trains},
                                          {"parameters", trainable_numbers(session.trained())}});
    const StageResult result = trainer.run();
    step = result.steps;
    summary.run.steps += result.steps;
    summary.run.items += result.items;
    summary.run.parameters += static_cast<std::uint64_t>(result.parameters);
    if (result.stopped) {
      emit_cache(context, session, part.name);
      return PartEnd::stopped;
    }
    context.events.emit(
        "stage_finished",
        {{"stage", part.name}, {"step", result.steps}, {"seconds", result.seconds}, {"items", result.items}});
    if (!part.recipe.evaluations.empty()) trainer.load_best();
  }
  evaluate_at_end(context, session, evaluator, stop, part.name, step, summary);
  emit_cache(context, session, part.name);
  return PartEnd::finished;
}

// The recipe's own evaluations after its stages, where it trains nothing itself.
void evaluate_whole(RunContext& context, const StopSignal& stop, RunSummary& summary) {
  Session session(context.recipe, context.registry, context.events, SessionUse::evaluate,
                  context.prepared(context.recipe));
  emit_contents(context, session, "");
  load_starting_parameters(context, session, "");
  Evaluator evaluator(session, context.events);
  if (context.profile) context.profile->begin_stage("");
  evaluate_at_end(context, session, evaluator, stop, "", 0, summary);
  emit_cache(context, session, "");
}

std::string tables_text(const RunSummary& summary) {
  std::string text;
  for (const EvaluationTable& table : summary.evaluations) text += text_table(table) + "\n";
  return text;
}

RunOutcome answer(const RunContext& context, const RunSummary& summary) {
  RunOutcome outcome;
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

RunOutcome finish(RunContext& context, RunSummary& summary, double seconds) {
  summary.run.status = "finished";
  summary.run.seconds = seconds;
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

RunOutcome stopped(RunContext& context, double seconds) {
  if (context.profile) context.profile->write(context.folder / run_file::kProfile);
  context.events.emit(
      "run_finished",
      {{"status", "stopped"}, {"seconds", seconds}, {"peak_memory_bytes", peak_memory_bytes()}});
  RunOutcome outcome;
  outcome.code = ExitCode::stopped;
  context.request.talk(
      fmt::format("stopped and saved in {}; go on with: gistmill run {} --folder {} --resume",
                  context.folder.string(), context.request.recipe.string(), context.folder.string()));
  return outcome;
}

// The answer of a run that ended earlier in this folder, where nothing has changed since.
std::optional<RunOutcome> finished_before(const RunContext& context, const std::string& lock) {
  const fs::path summary_path = context.folder / run_file::kSummary;
  if (!context.request.resume || !fs::exists(summary_path)) return std::nullopt;
  if (read_file(context.folder / run_file::kLock) != lock) {
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
  const std::vector<Part> parts = parts_of(context.recipe);
  for (const Part& part : parts) {  // all errors first
    make_plan(part.recipe, context.registry);
    device_of(part.recipe.run);
  }
  if (!context.recipe.stages.empty()) make_plan(context.recipe, context.registry);
  context.open_folder();
  const std::vector<LockedPlugin> plugins = context.locked_plugins(parts);
  const std::string lock = lock_text(context.recipe, plugins, GM_VERSION);
  if (auto outcome = finished_before(context, lock)) return *outcome;
  context.machine = set_up_machine(context.recipe.run.threads);
  if (request.profile || !context.recipe.run.loggers.empty()) {
    context.machine.peak = measure_gemm_peak(device_of(context.recipe.run));
  }
  if (request.profile) context.profile = std::make_unique<Profile>(context.machine.peak);
  const bool resumed = fs::exists(context.folder / run_file::kLock);
  write_file_atomically(context.folder / run_file::kLock, lock);
  context.open_loggers();
  context.emit_started(parts, plugins, resumed);

  RunSummary summary;
  summary.recipe = request.recipe.string();
  summary.run.threads = context.machine.threads;
  summary.run.seed = context.recipe.run.seed;
  summary.run.version = GM_VERSION;
  try {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const std::string previous = i == 0 ? "" : parts[i - 1].name;
      if (run_part(context, parts[i], i, parts.size(), previous, stop, summary) == PartEnd::stopped) {
        return stopped(context, seconds());
      }
    }
    if (!context.recipe.stages.empty() && context.recipe.run.steps == 0)
      evaluate_whole(context, stop, summary);
  } catch (const Failure& failure) {
    if (failure.code() == ExitCode::interrupted && stop.requested()) return stopped(context, seconds());
    context.events.emit("run_finished", {{"status", "failed"},
                                         {"seconds", seconds()},
                                         {"peak_memory_bytes", peak_memory_bytes()},
                                         {"text", failure.what()}});
    throw;
  }
  return finish(context, summary, seconds());
}

RunOutcome evaluate_recipe(const RunRequest& request) {
  RunContext context(request);
  set_up_machine(context.recipe.run.threads);
  RunSummary summary;
  summary.recipe = request.recipe.string();
  const StopSignal stop;
  if (!context.recipe.stages.empty()) {
    evaluate_whole(context, stop, summary);
  } else {
    Session session(context.recipe, context.registry, context.events, SessionUse::train_and_evaluate,
                    context.prepared(context.recipe));
    load_starting_parameters(context, session, "");
    const CheckpointFolder checkpoints(context.folder, "");
    for (Instance* instance : session.trained()) {
      load_parameters(checkpoints.best_or_latest(), instance->name(), *instance);
    }
    Evaluator evaluator(session, context.events);
    for (std::size_t i = 0; i < context.recipe.evaluations.size(); ++i) {
      summary.evaluations.push_back(evaluator.run(i, stop, "", 0));
    }
    emit_cache(context, session, "");
  }
  RunOutcome outcome;
  outcome.text = tables_text(summary);
  outcome.json = to_json(summary).dump(2) + "\n";
  return outcome;
}

RunOutcome prepare_recipe(const RunRequest& request) {
  RunContext context(request);
  nlohmann::json files = nlohmann::json::array();
  RunOutcome outcome;
  std::vector<Part> parts = parts_of(context.recipe);
  if (parts.empty()) parts.push_back({"", context.recipe});
  for (const Part& part : parts) {
    const Plan plan = make_plan(part.recipe, context.registry);
    for (const PlannedInstance& instance : plan.instances) {
      for (const PlannedOption& option : instance.options) {
        if (instance.spec->option(option.key)->type != OptionType::prepared) continue;
        const auto name = std::get<std::string>(option.value);
        const std::string key = part.recipe.path.string() + ":" + name;
        if (context.prepared_paths.contains(key)) continue;
        const PreparedFile file = prepare(part.recipe, plan, name, context.registry, context.events);
        context.prepared_paths[key] = file.path;
        outcome.text += fmt::format("{}  {}\n", file.path.string(), file.made ? "made" : "already there");
        files.push_back({{"pipeline", name}, {"path", file.path.string()}, {"made", file.made}});
      }
    }
  }
  outcome.json = files.dump(2) + "\n";
  return outcome;
}

}  // namespace gistmill
