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

// In the order of the tables.
std::vector<std::pair<FigureKey, Estimate>> figures_of(const RunSummary& summary) {
  std::vector<std::pair<FigureKey, Estimate>> figures;
  for (const EvaluationTable& table : summary.evaluations) {
    for (const EvaluationEntry& entry : table.entries) {
      const FigureKey key{table.name, table.stage, entry.variant, entry.figure};
      const auto same = std::ranges::find(figures, key, [](const auto& each) { return each.first; });
      if (same != figures.end()) {
        same->second = entry.measured;
      } else {
        figures.emplace_back(key, entry.measured);
      }
    }
  }
  return figures;
}

FigureDifference difference(const FigureKey& key, const std::optional<Estimate>& left,
                            const std::optional<Estimate>& right) {
  const auto& [evaluation, stage, variant, figure] = key;
  return {evaluation, stage, variant, figure, left, right};
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

std::vector<FigureDifference> differing_figures(const RunSummary& left, const RunSummary& right) {
  const auto of_left = figures_of(left);
  const auto of_right = figures_of(right);
  const auto find_in = [](const auto& figures, const FigureKey& key) -> std::optional<Estimate> {
    const auto found = std::ranges::find(figures, key, [](const auto& each) { return each.first; });
    return found == figures.end() ? std::nullopt : std::optional(found->second);
  };
  std::vector<FigureDifference> differences;
  for (const auto& [key, estimate] : of_left) {
    const std::optional<Estimate> other = find_in(of_right, key);
    if (!other || other->value != estimate.value) differences.push_back(difference(key, estimate, other));
  }
  for (const auto& [key, estimate] : of_right) {
    if (!find_in(of_left, key)) differences.push_back(difference(key, std::nullopt, estimate));
  }
  return differences;
}

}  // namespace gistmill
