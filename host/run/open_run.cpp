// See open_run.hpp.
#include "host/run/open_run.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "gistmill/version.h"
#include "host/diagnostic/failure.hpp"
#include "host/figures/wording.hpp"
#include "host/files/digest.hpp"
#include "host/files/text_file.hpp"
#include "host/identity/recipe_identity.hpp"
#include "host/machine/device.hpp"
#include "host/recipe/lock.hpp"
#include "host/run/rank_threads.hpp"
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

// Whether it ended earlier in this folder, where nothing has changed since.
bool is_finished(const RunContext& context, const std::vector<LockedPlugin>& plugins) {
  if (!context.request.resume || !fs::exists(context.folder / run_file::kSummary)) return false;
  if (is_of_this_run(context.folder / run_file::kLock, context.recipe, plugins)) return true;
  throw Failure(
      ExitCode::failed,
      fmt::format("{} holds a finished run of another recipe or other plugins", context.folder.string()),
      {"start over with --fresh, or name another folder with --folder"});
}

// A step's micro-steps are dealt to the ranks like cards.
void check_shares(const RunContext& context) {
  const std::int64_t ranks = context.ranks.size();
  for (const Part& part : context.parts) {
    const RunSettings& run = part.recipe.run;
    if (run.steps == 0 || run.micro_steps % ranks == 0) continue;
    const std::int64_t next = (run.micro_steps / ranks + 1) * ranks;
    const std::string stage = part.stage.empty() ? "" : fmt::format("stages.{}.", part.stage);
    throw Failure(ExitCode::recipe, run.origin,
                  fmt::format("{}run.micro_steps is {}, which {} ranks cannot share evenly", stage,
                              run.micro_steps, ranks),
                  {fmt::format("make it a multiple of {}, for example with --set {}run.micro_steps={}, and "
                               "batches smaller by as "
                               "much where a step is to see as many items as before",
                               ranks, stage, next),
                   "or start as many ranks as divide it"});
  }
}

// Ranks that train from different recipes, or begin where others go on, would wait for each other in vain.
void check_same_run(RunContext& context, const std::vector<LockedPlugin>& plugins) {
  if (context.ranks.alone()) return;
  const auto compare = [&](const std::string& mine, std::string_view what) {
    const std::vector<std::string> digests = context.ranks.gather_texts(sha256_hex(mine));
    const auto other =
        std::ranges::find_if(digests, [&](const std::string& each) { return each != digests[0]; });
    if (other == digests.end()) return;
    throw SharedFailure(
        ExitCode::usage,
        fmt::format("ranks 0 and {} were started with different {}: their digests are {} and {}",
                    other - digests.begin(), what, digests[0].substr(0, 16), other->substr(0, 16)),
        {"start all ranks by one command, with the same recipe, options and installation"});
  };
  std::string recipes;
  for (const Part& part : context.parts) recipes += recipe_identity(part.recipe) + "\n";
  compare(recipes, "recipes");
  std::string rest = fmt::format("{}\n{} {} {}", context.folder.string(), context.request.resume,
                                 context.request.fresh, GM_VERSION);
  for (const LockedPlugin& plugin : plugins) rest += fmt::format("\n{} {}", plugin.component, plugin.sha256);
  compare(rest, "plugins, run folders or options");
}

// On rank 0. Whether the run is done already.
bool check_run(RunContext& context, const std::vector<LockedPlugin>& plugins) {
  for (const Part& part : context.parts)
    device_of(part.recipe.run.device, part.recipe.run.device_origin);  // all errors first
  check_shares(context);
  check_starting_points(context);
  context.open_folder();
  return is_finished(context, plugins);
}

// On rank 0: from here on the folder says that there is a run. Answers the seconds of earlier processes.
double begin_run(RunContext& context, const std::vector<LockedPlugin>& plugins, const RankThreads& threads) {
  const RunSettings& run = context.recipe.run;
  if (context.request.profile || !run.loggers.empty())
    context.machine.peak = measure_gemm_peak(device_of(run.device, run.device_origin));
  if (context.request.profile) context.profile = std::make_unique<Profile>(context.machine.peak);
  const fs::path lock = context.folder / run_file::kLock;
  const bool resumed = fs::exists(lock);
  const double earlier =
      resumed && context.request.seconds_of ? context.request.seconds_of(context.folder) : 0.0;
  write_file_atomically(lock, lock_text(context.recipe, plugins, GM_VERSION));
  context.open_loggers();
  context.emit_started(plugins, resumed);
  if (!threads.text.empty()) context.events.message("info", threads.text);
  say_longest_time(context);
  return earlier;
}

}  // namespace

OpenedRun open_run(RunContext& context) {
  const std::vector<LockedPlugin> plugins = context.locked_plugins();
  check_same_run(context, plugins);
  OpenedRun opened;
  const std::string done =
      context.ranks.from_first([&] { return std::string(check_run(context, plugins) ? "done" : ""); });
  opened.is_done = !done.empty();
  if (opened.is_done) return opened;
  const RunSettings& run = context.recipe.run;
  const RankThreads threads = rank_threads(context.ranks, run.threads > 0 || context.ranks.alone()
                                                              ? run.threads
                                                              : context.request.environment_threads);
  context.machine = set_up_machine(threads.threads);
  context.ranks.from_first([&] {
    opened.earlier_seconds = begin_run(context, plugins, threads);
    return std::string();
  });
  return opened;
}

}  // namespace gistmill
