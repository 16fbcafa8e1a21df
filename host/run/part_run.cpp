#include "host/run/part_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "host/identity/recipe_identity.hpp"
#include "host/instance/call_watch.hpp"
#include "host/prepare/awaited_parameters.hpp"
#include "host/prepare/given_files.hpp"
#include "host/run/finished_part.hpp"
#include "host/run/trainer.hpp"

namespace gistmill {
namespace {

// Evaluations that are not part of training, after it.
std::vector<EvaluationTable> evaluate_at_end(const RunContext& context, Session& session,
                                             Evaluator& evaluator, const StopSignal& stop,
                                             const std::string& stage, std::int64_t step) {
  std::vector<EvaluationTable> tables;
  for (std::size_t i = 0; i < session.recipe().evaluations.size(); ++i) {
    const Evaluation& evaluation = session.recipe().evaluations[i];
    if (evaluation.every > 0 && session.recipe().run.steps > 0) continue;
    const ProfileScope scope(context.profile.get(), "evaluation " + evaluation.name);
    tables.push_back(evaluator.run(i, stop, stage, step, context.folder));
  }
  return tables;
}

// Outside content that the results depend on: digests of model files and data.
void emit_contents(RunContext& context, const Session& session, const std::string& stage) {
  if (!context.ranks.first()) return;  // nobody would hear it, and models are long to read
  nlohmann::json contents = nlohmann::json::array();
  for (const TensorInstance* instance : session.instances()) {
    if (instance == nullptr) continue;
    const std::string& digest = context.content_digest(*instance);
    if (digest.empty()) continue;
    contents.push_back(
        {{"instance", instance->name()}, {"use", instance->planned().spec->name}, {"digest", digest}});
  }
  if (!contents.empty()) context.events.emit("contents", {{"stage", stage}, {"contents", contents}});
}

void emit_stage_started(RunContext& context, std::size_t index, const Session& session, std::int64_t step) {
  nlohmann::json trains = nlohmann::json::array();
  for (const TensorInstance* instance : session.trained()) trains.push_back(instance->name());
  context.events.emit("stage_started", {{"stage", context.parts[index].name},
                                        {"index", index + 1},
                                        {"count", context.stage_count()},
                                        {"steps", context.parts[index].recipe.run.steps},
                                        {"step", step},
                                        {"trains", trains},
                                        {"parameters", trainable_numbers(session.trained())}});
}

void add(const StageResult& result, RunSummary& summary) {
  summary.run.steps += result.steps;
  summary.run.items += result.items;
  summary.run.parameters += static_cast<std::uint64_t>(result.parameters);
}

// The steps of part number `index`, from its checkpoint where the run is resumed.
StageResult train_part(RunContext& context, std::size_t index, Trainer& trainer, const Session& session,
                       RunSummary& summary) {
  const Part& part = context.parts[index];
  const bool resumed = context.request.resume && trainer.resume();
  if (!resumed && !part.earlier.empty())
    trainer.go_on_after(part.earlier, part.take, read_anew(context.parts, index));
  emit_stage_started(context, index, session, trainer.step());
  const StageResult result = trainer.run();
  add(result, summary);
  if (result.stopped) return result;
  context.events.emit(
      "stage_finished",
      {{"stage", part.name}, {"step", result.steps}, {"seconds", result.seconds}, {"items", result.items}});
  if (!part.recipe.evaluations.empty() && part.take != Take::last) trainer.load_best();
  return result;
}

// Whether nothing trains after it. Where passes of it were before, one recipe stands for all of them, and
// what ends a pass ends the last one too.
bool is_last(const std::vector<Part>& parts, std::size_t index) {
  const bool repeated = parts[index].name != parts[index].stage;
  return !repeated && std::none_of(parts.begin() + static_cast<std::ptrdiff_t>(index) + 1, parts.end(),
                                   [](const Part& part) { return part.recipe.run.steps > 0; });
}

PartEnd end_of(const StageResult& result) {
  if (result.stopped) return PartEnd::stopped;
  return result.ends_run ? PartEnd::ends_run : PartEnd::finished;
}

// How it ended in an earlier process; none: it had not. Adds what that did and measured to `summary`, on rank
// 0.
std::optional<PartEnd> had_finished(RunContext& context, const Part& part, const FinishedPart& finished,
                                    RunSummary& summary) {
  const std::string steps = context.ranks.from_first([&] {
    const auto before = finished.read();
    if (!before) return std::string();
    add(before->result, summary);
    std::ranges::copy(before->evaluations, std::back_inserter(summary.evaluations));
    return fmt::format("{} {}", before->result.steps, before->result.ends_run ? "ends the run" : "");
  });
  if (steps.empty()) return std::nullopt;
  context.events.message(
      "info", fmt::format("stage {} had finished at step {}", part.name, steps.substr(0, steps.find(' '))));
  return steps.ends_with(' ') ? PartEnd::finished : PartEnd::ends_run;
}

// Rank 0 prepares a corpus that is missing; the others take the file.
PreparedPath prepared_once(RunContext& context, const Recipe& recipe, const TrainedParameters& trained) {
  return [&ranks = context.ranks, prepared = context.prepared.of(recipe, starting_points(trained))](
             const Plan& plan, const std::string& pipeline) {
    return std::filesystem::path(ranks.from_first([&] { return prepared(plan, pipeline).string(); }));
  };
}

}  // namespace

bool is_measured_all_the_same(RunContext& context, std::size_t index, const TrainedParameters& trained) {
  const Part& part = context.parts[index];
  const auto is_there = [&](const PlannedInstance& instance) {
    return instance.from.empty() || trained.has_stage(instance.from.substr(0, instance.from.find('.')));
  };
  if (part.measures && std::ranges::all_of(part.plan.instances, is_there)) return true;
  context.events.message("info",
                         fmt::format("left out, since a monitor ended the run: {}",
                                     part.name.empty() ? "what follows the stages" : "stage " + part.name));
  return false;
}

std::map<std::string, std::string> load_parameters_into(Session& session, const TrainedParameters& trained,
                                                        Events& events) {
  std::map<std::string, std::string> starts = trained.load_into(session, events);
  std::set<std::string> names;
  for (const auto& [instance, from] : starts) names.insert(instance);
  session.set_carried(std::move(names));
  return starts;
}

StartingPoints starting_points(const TrainedParameters& trained) {
  return [&trained](const PlannedInstance& instance) { return trained.start_of(instance); };
}

void add_trained(TrainedParameters& trained, const std::vector<Part>& parts, std::size_t index) {
  if (index + 1 < parts.size() && parts[index].recipe.run.steps > 0) trained.add_part(parts[index]);
}

void emit_cache(RunContext& context, const Session& session, const std::string& stage) {
  if (session.cache() == nullptr) return;
  nlohmann::json event = session.cache()->to_json();
  event["stage"] = stage;
  context.events.emit("cache", event);
  const CallCache::Counts counts = session.cache()->counts();
  context.events.message(
      "info",
      fmt::format("cache: {} of {} calls read from the cache, {:.2f} GB read, {:.2f} GB written", counts.hits,
                  counts.hits + counts.misses, static_cast<double>(counts.bytes_read) / 1e9,
                  static_cast<double>(counts.bytes_written) / 1e9));
}

PartEnd run_part(RunContext& context, std::size_t index, Carried& carried, const StopSignal& stop,
                 RunSummary& summary) {
  const Part& part = context.parts[index];
  const FinishedPart finished(context.folder, part);
  if (context.request.resume && carried.as_before) {
    if (const auto end = had_finished(context, part, finished, summary)) return *end;
  }
  carried.as_before = false;
  if (context.ranks.first()) finished.forget();
  const CallWatch watch(part.recipe.run.call_seconds);
  carried.pool.begin(index);
  const StartingPoints starting = starting_points(carried.trained);
  context.ranks.from_first([&] {
    check_given_files(context.parts, index, context.registry, &starting);
    return std::string();
  });
  Session session(part.recipe, part.plan, context.registry, context.events, SessionUse::train_and_evaluate,
                  prepared_once(context, part.recipe, carried.trained), &carried.pool);
  emit_contents(context, session, part.name);
  const auto starts = load_parameters_into(session, carried.trained, context.events);
  Evaluator evaluator(session, context.events, &context.registry);
  if (context.profile) context.profile->begin_stage(part.name);
  StageResult trained;
  if (part.recipe.run.steps > 0) {
    Trainer trainer(session, context.ranks, context.events, evaluator, stop,
                    {context.machine.peak, context.profile.get()}, context.folder,
                    {part.name, recipe_identity(part.recipe), starts, is_last(context.parts, index)});
    trained = train_part(context, index, trainer, session, summary);
  }
  if (!trained.stopped) {
    context.ranks.from_first([&] {
      const auto tables = evaluate_at_end(context, session, evaluator, stop, part.name, trained.steps);
      finished.write({trained, tables});
      std::ranges::copy(tables, std::back_inserter(summary.evaluations));
      return std::string();
    });
  }
  emit_cache(context, session, part.name);
  return end_of(trained);
}

}  // namespace gistmill
