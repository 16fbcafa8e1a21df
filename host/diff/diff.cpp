#include "host/diff/diff.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "host/recipe/names.hpp"

namespace gistmill {
namespace {

using Leaves = std::vector<std::pair<std::string, std::string>>;  // dotted key, value

void add_leaves(const Value& value, const std::string& path, Leaves& leaves) {
  if (!value.is_table() || entries_of(value).empty()) {
    leaves.emplace_back(path, value.text());
    return;
  }
  for (const auto& [name, inner] : entries_of(value)) {
    add_leaves(inner, path.empty() ? key_text(name) : fmt::format("{}.{}", path, key_text(name)), leaves);
  }
}

void add_leaves_of(const Recipe& recipe, const std::string& prefix, Leaves& leaves) {
  for (const auto& [name, value] : entries_of(recipe.resolved)) {
    if (name == "variables" || name == "lock" || name == "doc" || name == "stage") continue;
    add_leaves(value, prefix + key_text(name), leaves);
  }
  for (const StageGroup& group : recipe.stage_groups) {
    for (std::size_t i = group.first; i < group.first + group.count; ++i) {
      const Stage& stage = recipe.stages[i];
      const std::string inner = fmt::format("{}stage.{}.", prefix, stage.name);
      if (group.cycles > 1) leaves.emplace_back(inner + "cycles", std::to_string(group.cycles));
      add_leaves_of(*stage.recipe, inner, leaves);
    }
  }
}

Leaves leaves_of(const Recipe& recipe) {
  Leaves leaves;
  add_leaves_of(recipe, "", leaves);
  return leaves;
}

const std::string* find(const Leaves& leaves, std::string_view key) {
  const auto found = std::ranges::find(leaves, key, &Leaves::value_type::first);
  return found == leaves.end() ? nullptr : &found->second;
}

using FigureKey = std::tuple<std::string, std::string, std::string, std::string>;

struct MeasuredFigure {
  FigureKey key;
  Estimate measured;
  Aggregate aggregate = Aggregate::mean;
  std::string items;
};

const MeasuredFigure* find(const std::vector<MeasuredFigure>& figures, const FigureKey& key) {
  const auto found = std::ranges::find(figures, key, &MeasuredFigure::key);
  return found == figures.end() ? nullptr : &*found;
}

// In the order of the tables.
std::vector<MeasuredFigure> figures_of(const RunSummary& summary) {
  std::vector<MeasuredFigure> figures;
  for (const EvaluationTable& table : summary.evaluations) {
    for (const EvaluationEntry& entry : table.entries) {
      const FigureKey key{table.name, table.stage, entry.variant, entry.figure};
      const auto same = std::ranges::find(figures, key, &MeasuredFigure::key);
      if (same != figures.end()) {
        same->measured = entry.measured;
      } else {
        figures.push_back({key, entry.measured, table.figure(entry.figure).spec.aggregate, table.items});
      }
    }
  }
  return figures;
}

FigureDifference difference(const MeasuredFigure& figure) {
  const auto& [evaluation, stage, variant, name] = figure.key;
  FigureDifference difference;
  difference.evaluation = evaluation;
  difference.stage = stage;
  difference.variant = variant;
  difference.figure = name;
  difference.items = figure.items;
  return difference;
}

void pair_items(FigureDifference& difference, const MeasuredRun& left, const MeasuredRun& right,
                Aggregate aggregate) {
  const auto items_of = [&](const MeasuredRun& run) {
    return ItemsOf{find_items(run.items, difference.stage, difference.evaluation), difference.variant,
                   difference.figure};
  };
  difference.paired = paired_change(items_of(left), items_of(right), aggregate);
  difference.not_shared = shared_items(items_of(left), items_of(right)).not_shared;
}

}  // namespace

std::vector<KeyDifference> differing_keys(const Recipe& left, const Recipe& right) {
  const Leaves of_left = leaves_of(left);
  const Leaves of_right = leaves_of(right);
  std::vector<KeyDifference> differences;
  for (const auto& [key, value] : of_left) {
    const std::string* other = find(of_right, key);
    if (other == nullptr || *other != value) differences.push_back({key, value, other ? *other : ""});
  }
  for (const auto& [key, value] : of_right) {
    if (find(of_left, key) == nullptr) differences.push_back({key, "", value});
  }
  return differences;
}

std::vector<FigureDifference> differing_figures(const MeasuredRun& left, const MeasuredRun& right) {
  const std::vector<MeasuredFigure> of_left = figures_of(left.summary);
  const std::vector<MeasuredFigure> of_right = figures_of(right.summary);
  std::vector<FigureDifference> differences;
  for (const MeasuredFigure& figure : of_left) {
    const MeasuredFigure* other = find(of_right, figure.key);
    if (other != nullptr && other->measured.value == figure.measured.value) continue;
    FigureDifference& found = differences.emplace_back(difference(figure));
    found.left = figure.measured;
    if (other == nullptr) continue;
    found.right = other->measured;
    pair_items(found, left, right, figure.aggregate);
  }
  for (const MeasuredFigure& figure : of_right) {
    if (find(of_left, figure.key) != nullptr) continue;
    differences.push_back(difference(figure));
    differences.back().right = figure.measured;
  }
  return differences;
}

}  // namespace gistmill
