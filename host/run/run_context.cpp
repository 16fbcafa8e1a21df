// Opening a run: recipe, folder, loggers; see run_context.hpp.
#include "host/run/run_context.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "gistmill/version.h"
#include "host/diagnostic/failure.hpp"
#include "host/files/make_folders.hpp"
#include "host/identity/plugin_lock.hpp"
#include "host/identity/recipe_identity.hpp"
#include "host/plan/options.hpp"
#include "host/prepare/measured_text.hpp"
#include "host/prepare/prepare.hpp"
#include "host/run/run_folder.hpp"

namespace gistmill {

namespace fs = std::filesystem;

namespace {

// What a run left can be exported whatever plugins are there now: files are written, nothing is computed.
OtherPlugins other_plugins(const RunRequest& request) {
  return request.ignore_lock || request.verb == RunVerb::export_run || request.verb == RunVerb::compress
             ? OtherPlugins::say
             : OtherPlugins::refuse;
}

std::vector<Contract> contracts_of(const Registry& registry) {
  std::vector<RefusedFile> shown_elsewhere;
  return find_contracts(registry.folders(), shown_elsewhere);
}

}  // namespace

RunContext::RunContext(const RunRequest& asked)
    : PlannedRecipe(asked.recipe, asked.overrides, asked.plugin_folders, other_plugins(asked)),
      request(asked),
      folder(asked.folder.empty() ? fs::path("runs") / recipe.path.stem() : asked.folder),
      events(asked.talk),
      ranks(asked.verb == RunVerb::run ? launch_of_process(contracts_of(registry)) : Launch(), registry),
      prepared(registry,
               {[this](std::string_view level, const std::string& text) { events.message(level, text); },
                [this](nlohmann::json fields) { events.emit("progress", std::move(fields)); }}) {
  if (!ranks.first()) events.mute();
  set_plugin_events(&events);  // nothing throws from here on: the destructor takes it back
  for (const std::string& line : wrong_sides(parts)) events.message("warning", line);
  if (request.verb != RunVerb::run) say_lock_notes();  // a run says it where its loggers hear it
}

RunContext::~RunContext() { set_plugin_events(nullptr); }

const std::string& RunContext::content_digest(const TensorInstance& instance) {
  std::string key = instance.planned().spec->name;
  for (const PlannedOption& option : instance.planned().options)
    key += fmt::format("\n{} = {}", option.key, option_text(option.value));
  const auto found = content_digests.find(key);
  return found != content_digests.end() ? found->second
                                        : content_digests.emplace(key, instance.digest()).first->second;
}

std::size_t RunContext::stage_count() const {
  return parts.size() - static_cast<std::size_t>(std::count_if(
                            parts.begin(), parts.end(), [](const Part& part) { return part.measures; }));
}

std::vector<LockedPlugin> RunContext::locked_plugins() const {
  std::vector<const Recipe*> recipes;
  for (const Part& part : parts) recipes.push_back(&part.recipe);
  return gistmill::locked_plugins(recipes, registry);
}

void RunContext::say_lock_notes() {
  for (const std::string& line : lock_notes) events.message("warning", line);
  lock_notes.clear();
}

// Before the first file of the folder changes.
void RunContext::check_run_before(const fs::path& lock) {
  const Recipe before = load_recipe(lock, {});
  for (std::string& line : check_lock(before, registry, GM_VERSION, other_plugins(request)))
    lock_notes.push_back(std::move(line));
  if (recipe_identity(before) == recipe_identity(recipe)) return;
  throw Failure(
      ExitCode::failed,
      fmt::format("{} holds an unfinished run of another recipe than {}", folder.string(),
                  request.recipe.string()),
      {"continue with the recipe that it was started with, start over with --fresh, or name another folder "
       "with --folder"});
}

namespace {

// Whether all that `folder` holds is a run that failed before its first step: nothing to go on from, nothing
// to lose.
bool failed_before_first_step(const fs::path& folder) {
  if (fs::exists(folder / run_file::kSummary) || fs::exists(folder / "checkpoints")) return false;
  std::ifstream events(folder / run_file::kEvents);
  bool failed = false;
  for (std::string line; std::getline(events, line);) {
    const nlohmann::json event = nlohmann::json::parse(line, nullptr, false);
    if (!event.is_object() || event.value("event", "") == "step") return false;
    failed = event.value("event", "") == "run_finished" && event.value("status", "") == "failed";
  }
  return failed;
}

}  // namespace

void RunContext::open_folder() {
  const fs::path lock = folder / run_file::kLock;
  if (request.fresh || (!request.resume && failed_before_first_step(folder))) {
    for (const char* name :
         {run_file::kLock, run_file::kEvents, run_file::kSummary, run_file::kReport, run_file::kProfile}) {
      fs::remove(folder / name);
    }
    for (const char* name : {"checkpoints", "items", "examples"}) fs::remove_all(folder / name);
  }
  if (fs::exists(lock) && !request.resume) {
    const bool finished = fs::exists(folder / run_file::kSummary);
    throw Failure(
        ExitCode::failed,
        fmt::format("{} already holds {} run", folder.string(), finished ? "a finished" : "an unfinished"),
        {finished ? "start over with --fresh, name another folder with --folder, or see its report.html"
                  : "continue with --resume, start over with --fresh, or name another folder with --folder"});
  }
  const bool goes_on = fs::exists(lock) && !fs::exists(folder / run_file::kSummary);
  std::error_code error;
  if (goes_on && !fs::equivalent(lock, request.recipe, error)) check_run_before(lock);
  make_folders(folder);
}

namespace {

ComponentUse logger_use(const std::string& name, const std::string& use, const std::string& file) {
  ComponentUse logger;
  logger.name = name;
  logger.use = use;
  Value::Table options;
  options.emplace_back("file", Value(file, Origin{}));
  logger.options = Value(std::move(options), Origin{});
  return logger;
}

}  // namespace

void RunContext::open_loggers() {
  loggers.push_back(
      make_instance(logger_use("events", "logger/jsonl", (folder / run_file::kEvents).string()), registry));
  for (const std::string& name : recipe.run.loggers) {
    const ComponentUse* use = recipe.component(name);
    if (use == nullptr) {
      throw Failure(ExitCode::recipe, recipe.run.origin, fmt::format("no component '{}' to log with", name));
    }
    loggers.push_back(make_instance(*use, registry));
  }
  for (std::size_t i = 0; i < loggers.size(); ++i) {
    loggers[i]->start_on(at::kCPU, {}, 0);
    events.add(*loggers[i], i > 0);
  }
}

void RunContext::emit_started(const std::vector<LockedPlugin>& plugins, bool resumed) {
  nlohmann::json stages = nlohmann::json::array();
  for (const Part& part : parts) {
    if (part.measures) continue;
    nlohmann::json trains = nlohmann::json::array();
    if (const PipelineRecipe* pipeline = part.recipe.pipeline(part.recipe.run.pipeline);
        pipeline != nullptr) {
      for (const auto& [instance, origin] : pipeline->train) trains.push_back(instance);
    }
    stages.push_back({{"name", part.name}, {"steps", part.recipe.run.steps}, {"trains", trains}});
  }
  nlohmann::json list = nlohmann::json::array();
  for (const LockedPlugin& plugin : plugins) {
    list.push_back({{"name", plugin.component},
                    {"version", plugin.version},
                    {"tier", registry.file_of(plugin.component)->manifest.tier},
                    {"digest", plugin.sha256}});
  }
  nlohmann::json event = {{"format", 1},
                          {"recipe", request.recipe.string()},
                          {"run_folder", folder.string()},
                          {"version", GM_VERSION},
                          {"seed", recipe.run.seed},
                          {"resumed", resumed},
                          {"stages", stages},
                          {"command", request.command},
                          {"working_folder", fs::current_path().string()},
                          {"plugins", list}};
  if (!ranks.alone()) event["ranks"] = ranks.size();
  event.update(to_json(machine));
  events.emit("run_started", std::move(event));
  say_lock_notes();
  const auto measures = [](const Part& part) { return !part.recipe.evaluations.empty(); };
  if (!ranks.alone() && std::ranges::any_of(parts, measures)) {
    events.message(
        "info",
        "rank 0 alone measures, while the others wait: an evaluation's items have the order and the random "
        "numbers of one process");
  }
}

}  // namespace gistmill
