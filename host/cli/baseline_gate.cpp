#include "host/cli/baseline_gate.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "host/diagnostic/did_you_mean.hpp"
#include "host/diagnostic/failure.hpp"
#include "host/figures/finite_json.hpp"
#include "host/plan/parts.hpp"
#include "host/plan/plan.hpp"
#include "host/recipe/recipe.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

// Figures of the evaluations that end in the summary; `headline`: that of the last one.
struct PromisedFigures {
  std::vector<std::string> names;
  std::string headline;
};

PromisedFigures promised_figures(const Command& command) {
  const fs::path path = command.arguments.front();
  const Registry registry(Registry::search_path(command.plugin_folders(), path.parent_path()));
  PromisedFigures promised;
  for (const Part& part : parts_of(load_recipe(path, command.overrides()),
                                   [&](const Recipe& recipe) { return make_plan(recipe, registry); })) {
    for (std::size_t i = 0; i < part.plan.evaluations.size(); ++i) {
      const Evaluation& evaluation = part.recipe.evaluations[i];
      if (evaluation.every > 0 && part.recipe.run.steps > 0) continue;
      const auto& figures = part.plan.evaluations[i].figures;
      for (const Figure& figure : figures) {
        if (std::ranges::count(promised.names, figure.name) == 0) promised.names.push_back(figure.name);
      }
      if (!figures.empty())
        promised.headline = evaluation.headline.empty() ? figures.back().name : evaluation.headline;
    }
  }
  return promised;
}

void check_recipe_has(const PromisedFigures& promised, const std::string& figure) {
  if (promised.names.empty()) {
    throw Failure(ExitCode::recipe,
                  "the recipe evaluates nothing, so there is nothing to hold against a run");
  }
  if (figure.empty() || std::ranges::count(promised.names, figure) > 0) return;
  throw Failure(ExitCode::recipe, fmt::format("the recipe measures no figure '{}'", figure),
                did_you_mean(figure, promised.names,
                             {fmt::format("the figures are: {}", fmt::join(promised.names, " "))}));
}

}  // namespace

std::optional<double> tolerance_of(const Command& command) {
  const auto text = command.value("tolerance");
  if (!text) return std::nullopt;
  char* end = nullptr;
  const double number = std::strtod(text->c_str(), &end);
  if (!text->empty() && *end == '\0' && std::isfinite(number) && number >= 0) return number;
  throw Failure(ExitCode::usage, fmt::format("--tolerance is '{}' when it should be a number from 0", *text));
}

MeasuredRun read_measured_run(const fs::path& folder) {
  const fs::path summary = folder / "summary.json";
  if (!fs::exists(summary)) {
    throw Failure(ExitCode::failed,
                  fmt::format("{} holds no finished run: it has no summary.json", folder.string()),
                  {"name the folder of a run that has ended, runs/NAME where no other was given"});
  }
  return {read_summary(summary), read_items_of(folder)};
}

std::optional<BaselineGate> BaselineGate::of(const Command& command) {
  const auto run = command.value("against");
  if (!run) {
    for (const char* option : {"tolerance", "figure"}) {
      if (command.has(option))
        throw Failure(ExitCode::usage, fmt::format("--{} needs --against RUN", option));
    }
    return std::nullopt;
  }
  BaselineGate gate;
  gate.name_ = *run;
  gate.figure_ = command.value("figure").value_or("");
  gate.tolerance_ = tolerance_of(command).value_or(0.0);
  gate.baseline_ = read_measured_run(*run);
  const PromisedFigures promised = promised_figures(command);
  check_recipe_has(promised, gate.figure_);
  try {
    headline_of(gate.baseline_.summary, gate.figure_.empty() ? promised.headline : gate.figure_, "");
  } catch (const Failure& failure) {
    throw Failure(failure.code(), fmt::format("{}: {}", gate.name_, failure.message()), failure.notes());
  }
  return gate;
}

BaselineVerdict BaselineGate::judge(const fs::path& folder) const {
  return against_baseline(baseline_, read_measured_run(folder), figure_, tolerance_);
}

nlohmann::json to_json(const BaselineVerdict& verdict, const std::string& baseline) {
  const auto number = finite_or_null<nlohmann::json>;
  return {{"run", baseline},
          {"figure", verdict.after.figure.name},
          {"variant", verdict.after.variant},
          {"before", number(verdict.before.value)},
          {"after", number(verdict.after.value)},
          {"worse_by", number(verdict.worse_by)},
          {"standard_error", number(verdict.paired ? verdict.paired->standard_error : std::nan(""))},
          {"paired_items", verdict.paired ? verdict.paired->items : 0},
          {"tolerance", verdict.tolerance},
          {"regressed", verdict.regressed}};
}

}  // namespace gistmill
