#include "host/sweep/frozen_point.hpp"

#include <algorithm>
#include <set>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "gistmill/version.h"
#include "host/diagnostic/did_you_mean.hpp"
#include "host/files/digest.hpp"
#include "host/identity/plugin_lock.hpp"
#include "host/identity/recipe_identity.hpp"
#include "host/plan/parts.hpp"
#include "host/recipe/lock.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

// Name and contents of a file, or of all files of a folder in the order of their names. What is not there is
// said by the run.
std::string digest_of(const fs::path& path) {
  std::error_code error;
  if (fs::is_regular_file(path, error)) return sha256_file(path);
  if (!fs::is_directory(path, error)) return "";
  std::set<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(path, error)) {
    if (entry.is_regular_file(error)) files.insert(entry.path());
  }
  std::string text;
  for (const fs::path& file : files)
    text += fmt::format("{} {}\n", file.lexically_relative(path).string(), sha256_file(file));
  return sha256_hex(text);
}

// What decides the results of cached calls: their instances with options, and the pipeline above them. Points
// that differ in nothing else read each other's entries.
std::string prefix_of(const std::vector<Part>& parts) {
  std::string text;
  for (const Part& part : parts) {
    for (const PlannedPipeline& pipeline : part.plan.pipelines) {
      for (const PlannedCall& call : pipeline.calls) {
        if (!call.cached) continue;
        const PlannedInstance& instance = part.plan.instances[call.instance];
        text += fmt::format("{} {} {}\n", call.name, instance.spec->name,
                            part.recipe.component(instance.name) != nullptr
                                ? part.recipe.component(instance.name)->options.text()
                                : "");
      }
    }
  }
  return text.empty() ? "" : sha256_hex(text).substr(0, 16);
}

std::vector<const Recipe*> recipes_of(const std::vector<Part>& parts) {
  std::vector<const Recipe*> recipes;
  for (const Part& part : parts) recipes.push_back(&part.recipe);
  return recipes;
}

// A point is compared by what its summary holds: the evaluations that run when training has ended.
void check_measured(const std::vector<Part>& parts, const std::string& figure) {
  std::vector<std::string> measured;
  const Evaluation* early = nullptr;  // one that only runs while training
  for (const Part& part : parts) {
    for (std::size_t i = 0; i < part.recipe.evaluations.size(); ++i) {
      const Evaluation& evaluation = part.recipe.evaluations[i];
      if (evaluation.every > 0 && part.recipe.run.steps > 0) {
        early = &evaluation;
        continue;
      }
      for (const Figure& each : part.plan.evaluations[i].figures) measured.push_back(each.name);
    }
  }
  if (measured.empty()) {
    throw Failure(
        ExitCode::recipe, early != nullptr ? early->origin : parts.back().recipe.run.origin,
        "no evaluation runs when training has ended, so the points could not be compared",
        {early != nullptr ? fmt::format("'{}' runs every {} steps of training: add one without 'every'",
                                        early->name, early->every)
                          : "add one: [evaluations.heldout]"});
  }
  if (figure.empty() || std::ranges::count(measured, figure) > 0) return;
  throw Failure(
      ExitCode::recipe,
      fmt::format("the points are to be compared by '{}', which no evaluation at their end measures", figure),
      did_you_mean(figure, measured, {fmt::format("the figures are: {}", fmt::join(measured, " "))}));
}

// Keys in which two points differ.
std::vector<std::string> differing(const Settings& left, const Settings& right) {
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (left[i].value != right[i].value) keys.push_back(left[i].key);
  }
  return keys;
}

}  // namespace

PointFreezer::PointFreezer(fs::path study, std::vector<std::string> overrides, const Registry& registry,
                           std::string figure)
    : study_(std::move(study)),
      overrides_(std::move(overrides)),
      registry_(registry),
      figure_(std::move(figure)) {}

const std::string& PointFreezer::content_of(const std::string& path) {
  const auto known = contents_.find(path);
  return known != contents_.end() ? known->second : contents_.emplace(path, digest_of(path)).first->second;
}

FrozenPoint PointFreezer::freeze(const Settings& settings) {
  std::vector<std::string> overrides = overrides_;
  for (std::string& text : overrides_of(settings)) overrides.push_back(std::move(text));
  FrozenPoint point;
  point.settings = settings;
  try {
    Recipe recipe = load_recipe(study_, overrides, files_);
    std::erase_if(std::get<Value::Table>(recipe.resolved.data()),
                  [](const auto& entry) { return entry.first == "sweep"; });
    const std::vector<Part> parts =
        parts_of(recipe, [this](const Recipe& part) { return make_plan(part, registry_); });
    check_measured(parts, figure_);
    const std::vector<LockedPlugin> plugins = locked_plugins(recipes_of(parts), registry_);
    std::string decides = recipe_identity(recipe) + "\n" GM_VERSION "\n";
    for (const LockedPlugin& plugin : plugins) decides += plugin.component + " " + plugin.sha256 + "\n";
    for (const Part& part : parts) {
      for (const PlannedInstance& instance : part.plan.instances) {
        for (const PlannedOption& option : instance.options) {
          const OptionType type = instance.spec->option(option.key)->type;
          if (type == OptionType::path) decides += content_of(std::get<std::string>(option.value)) + "\n";
          if (type != OptionType::paths) continue;
          for (const std::string& path : std::get<std::vector<std::string>>(option.value))
            decides += content_of(path) + "\n";
        }
      }
    }
    point.id = sha256_hex(decides).substr(0, 16);
    point.recipe = lock_text(recipe, plugins, GM_VERSION);
    point.prefix = prefix_of(parts);
  } catch (const Failure& failure) {
    std::vector<std::string> notes = failure.notes();
    if (!settings.empty()) notes.push_back("at the point " + text_of(settings));
    throw Failure(failure.code(), failure.origin(), failure.message(), std::move(notes));
  }
  return point;
}

std::vector<FrozenPoint> freeze(const Study& study, const std::vector<Settings>& points,
                                PointFreezer& freezer) {
  std::vector<FrozenPoint> frozen;
  std::map<std::string, std::size_t> known;  // id -> point
  for (const Settings& settings : points) {
    frozen.push_back(freezer.freeze(settings));
    const auto [same, added] = known.emplace(frozen.back().id, frozen.size() - 1);
    if (added) continue;
    const Settings& other = frozen[same->second].settings;
    const std::string key = differing(other, settings).front();
    const auto axis = std::ranges::find(study.axes, key, &Axis::key);
    throw Failure(
        ExitCode::recipe, axis->origin, fmt::format("the axis '{}' changes nothing", key),
        {fmt::format("{} and {} are the same recipe", text_of(other), text_of(settings)),
         "threads, loggers, checkpoints and components that no pipeline calls do not decide results"});
  }
  return frozen;
}

}  // namespace gistmill
