// See prepared_corpora.hpp.
#include "host/prepare/prepared_corpora.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "host/plan/options.hpp"

namespace gistmill {

namespace {

// What decides a prepared file within one process: its folder, and the calls with their instances.
std::string prepared_key(const Recipe& recipe, const Plan& plan, const std::string& name,
                         const StartingPoints& starting) {
  std::string key = fmt::format("{}\n{} seed {}", recipe.run.prepared, name, recipe.run.seed);
  const PlannedPipeline* pipeline = plan.pipeline(name);
  if (pipeline == nullptr) return key;
  for (const PlannedCall& call : pipeline->calls) {
    const PlannedInstance& instance = plan.instances[call.instance];
    key += fmt::format("\n{} {}", call.name, instance.spec->name);
    for (const PlannedOption& option : instance.options)
      key += fmt::format(" {}={}", option.key, option_text(option.value));
    for (const PlannedOption& option : instance.options) {
      for (const std::string& corpus : prepared_names(*instance.spec->option(option.key), option.value))
        key += "\nfrom " + prepared_key(recipe, plan, corpus, starting);
    }
    for (const PlannedInput& input : call.inputs) key += " " + input.slot;
    if (!instance.spec->parameters) continue;
    if (const auto start = starting(instance))
      key += fmt::format(" starts {} of {}", start->name, start->path.string());
  }
  return key;
}

}  // namespace

PreparedPath PreparedCorpora::of(const Recipe& recipe, StartingPoints starting) {
  return [this, &recipe, starting = std::move(starting)](const Plan& plan, const std::string& pipeline) {
    return path_of(recipe, plan, pipeline, starting);
  };
}

std::filesystem::path PreparedCorpora::path_of(const Recipe& recipe, const Plan& plan,
                                               const std::string& pipeline, const StartingPoints& starting) {
  const std::string key = prepared_key(recipe, plan, pipeline, starting);
  if (const auto known = paths_.find(key); known != paths_.end()) return known->second;
  const PreparedPath inner = of(recipe, starting);
  const PreparedFile file =
      prepare(recipe, plan, pipeline, registry_, listener_, {inner, starting}, missing_);
  files_.push_back({pipeline, file});
  paths_[key] = file.path;
  for (const std::string& line : two_sides_.add(file.path)) listener_.message("warning", line);
  return file.path;
}

PlannedInstance with_corpora(PlannedInstance instance, const Plan& plan, const PreparedPath& prepared) {
  for (PlannedOption& option : instance.options) {
    if (auto* mixture = std::get_if<Mixture>(&option.value)) {
      for (std::string& corpus : mixture->corpora) corpus = prepared(plan, corpus).string();
    } else if (instance.spec->option(option.key)->type == OptionType::prepared) {
      if (auto& name = std::get<std::string>(option.value); !name.empty())
        name = prepared(plan, name).string();
    }
  }
  return instance;
}

bool has_corpora(const PlannedInstance& instance, const Plan& plan, const PreparedPath& prepared) {
  return std::ranges::all_of(instance.options, [&](const PlannedOption& option) {
    return std::ranges::none_of(prepared_names(*instance.spec->option(option.key), option.value),
                                [&](const std::string& name) { return prepared(plan, name).empty(); });
  });
}

}  // namespace gistmill
