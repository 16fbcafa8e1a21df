// diff: what tells two recipes or two runs apart. From files alone.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "host/cli/terminal.hpp"
#include "host/cli/verbs.hpp"
#include "host/diff/diff.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

// A recipe file, or the folder of a run: its lock, and its figures where it finished.
struct Side {
  Recipe recipe;
  std::optional<MeasuredRun> run;
};

Side read_side(const fs::path& path) {
  if (!fs::is_directory(path)) return {load_recipe(path, {}), std::nullopt};
  const fs::path lock = path / "recipe.lock.toml";
  if (!fs::exists(lock)) {
    throw Failure(ExitCode::recipe, fmt::format("{} holds no run: it has no recipe.lock.toml", path.string()),
                  {"diff takes recipe files, or folders of runs"});
  }
  Side side{load_recipe(lock, {}), std::nullopt};
  const fs::path summary = path / "summary.json";
  if (fs::exists(summary)) side.run = MeasuredRun{read_summary(summary), read_items_of(path)};
  return side;
}

std::string or_none(const std::string& value) { return value.empty() ? "(not set)" : value; }

std::string name_of(const FigureDifference& figure) {
  const std::string stage = figure.stage.empty() ? "" : figure.stage + " ";
  return fmt::format("{}{} {}, {}", stage, figure.evaluation, figure.figure, figure.variant);
}

std::string number(const std::optional<Estimate>& estimate) {
  return estimate ? fmt::format("{:.4g}", estimate->value) : "(not measured)";
}

std::string keys_text(const std::vector<KeyDifference>& keys) {
  std::size_t widest = 0;
  for (const KeyDifference& key : keys) widest = std::max(widest, key.key.size());
  std::string text;
  for (const KeyDifference& key : keys)
    text += fmt::format("{:<{}}  {} -> {}\n", key.key, widest, or_none(key.left), or_none(key.right));
  return text;
}

// "paired -0.061 ± 0.007, 256 spans", "-0.061 ± 0.021, unpaired".
std::string change_text(const FigureDifference& figure) {
  const auto with_error = [](double value, double error) {
    return fmt::format("{:+.4g}", value) + (std::isfinite(error) ? fmt::format(" ± {:.2g}", error) : "");
  };
  if (figure.paired) {
    const Estimate& paired = *figure.paired;
    const std::string some =
        figure.not_shared > 0 ? fmt::format(" of both; {} only of one", figure.not_shared) : "";
    return fmt::format("paired {}, {} {}{}", with_error(paired.value, paired.standard_error), paired.items,
                       figure.items, some);
  }
  // Of two runs on items of their own: the errors add up as variances.
  return with_error(figure.right->value - figure.left->value,
                    std::hypot(figure.left->standard_error, figure.right->standard_error)) +
         ", unpaired";
}

std::string figures_text(const std::vector<FigureDifference>& figures) {
  std::size_t widest = 0;
  for (const FigureDifference& figure : figures) widest = std::max(widest, name_of(figure).size());
  std::string text;
  for (const FigureDifference& figure : figures) {
    text +=
        fmt::format("{:<{}}  {} -> {}", name_of(figure), widest, number(figure.left), number(figure.right));
    if (figure.left && figure.right) text += fmt::format("  ({})", change_text(figure));
    text += "\n";
  }
  return text;
}

nlohmann::ordered_json json_of(const std::vector<KeyDifference>& keys,
                               const std::vector<FigureDifference>& figures) {
  nlohmann::ordered_json json = {{"keys", nlohmann::ordered_json::array()},
                                 {"figures", nlohmann::ordered_json::array()}};
  const auto or_null = [](const auto& value, bool given) {
    return given ? nlohmann::ordered_json(value) : nlohmann::ordered_json();
  };
  for (const KeyDifference& key : keys) {
    json["keys"].push_back({{"key", key.key},
                            {"left", or_null(key.left, !key.left.empty())},
                            {"right", or_null(key.right, !key.right.empty())}});
  }
  for (const FigureDifference& figure : figures) {
    const auto value = [&](const std::optional<Estimate>& estimate) {
      return or_null(estimate ? estimate->value : 0.0, estimate && std::isfinite(estimate->value));
    };
    const auto error_of = [&](const std::optional<Estimate>& estimate) {
      return or_null(estimate ? estimate->standard_error : 0.0,
                     estimate && std::isfinite(estimate->standard_error));
    };
    json["figures"].push_back({{"evaluation", figure.evaluation},
                               {"stage", figure.stage},
                               {"variant", figure.variant},
                               {"figure", figure.figure},
                               {"left", value(figure.left)},
                               {"right", value(figure.right)},
                               {"paired", value(figure.paired)},
                               {"paired_standard_error", error_of(figure.paired)},
                               {"paired_items", figure.paired ? figure.paired->items : 0}});
  }
  return json;
}

}  // namespace

ExitCode run_diff(const Command& command) {
  const Side left = read_side(command.arguments[0]);
  const Side right = read_side(command.arguments[1]);
  const std::vector<KeyDifference> keys = differing_keys(left.recipe, right.recipe);
  std::vector<FigureDifference> figures;
  if (left.run && right.run) figures = differing_figures(*left.run, *right.run);
  const std::string text = keys_text(keys) + figures_text(figures);
  if (command.json()) {
    print_answer(json_of(keys, figures).dump(2) + "\n");
  } else {
    print_answer(text.empty() ? "no differences\n" : text);
  }
  return ExitCode::ok;
}

}  // namespace gistmill
