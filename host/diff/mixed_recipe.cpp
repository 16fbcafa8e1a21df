// Sets and erases keys of the resolved tree, in stages in theirs.
#include "host/diff/mixed_recipe.hpp"

#include <algorithm>
#include <memory>
#include <span>

#include <fmt/format.h>

#include "host/diagnostic/failure.hpp"
#include "host/recipe/lock.hpp"
#include "host/recipe/overrides.hpp"

namespace gistmill {
namespace {

using Path = std::span<const std::string>;

[[noreturn]] void refuse(const std::string& what) { throw Failure(ExitCode::recipe, Origin{}, what); }

void erase(Value::Table& table, const std::string& key) {
  std::erase_if(table, [&](const auto& entry) { return entry.first == key; });
}

void set(Value::Table& table, const std::string& key, const Value& value) {
  const auto known = std::ranges::find(table, key, &Value::Table::value_type::first);
  if (known != table.end()) {
    known->second = value;
  } else {
    table.emplace_back(key, value);
  }
}

// `other`: the table of the other recipe at the same place; null: it has none.
void take_over(Value& tree, const Value* other, Path path) {
  if (!tree.is_table()) refuse(fmt::format("'{}' is no table here", path.front()));
  auto& table = std::get<Value::Table>(tree.data());
  const Value* theirs = other != nullptr && other->is_table() ? other->find(path.front()) : nullptr;
  const Value* ours = tree.find(path.front());
  if (path.size() == 1 || (theirs != nullptr && !theirs->is_table())) {
    if (theirs == nullptr) return erase(table, path.front());
    return set(table, path.front(), *theirs);
  }
  // A table takes the place of another value whole.
  if (ours == nullptr || !ours->is_table()) set(table, path.front(), Value(Value::Table{}, Origin{}));
  Value& inner = *tree.find(path.front());
  take_over(inner, theirs, path.subspan(1));
  if (theirs == nullptr && std::get<Value::Table>(inner.data()).empty()) erase(table, path.front());
}

const Recipe* stage_of(const Recipe& recipe, const std::string& name) {
  const auto found = std::ranges::find(recipe.stages, name, &Stage::name);
  return found == recipe.stages.end() ? nullptr : found->recipe.get();
}

void take_over(Recipe& recipe, const Recipe& other, Path path) {
  if (path.front() != "stage") return take_over(recipe.resolved, &other.resolved, path);
  const Recipe* theirs = path.size() > 2 ? stage_of(other, path[1]) : nullptr;
  const auto stage = std::ranges::find(recipe.stages, path.size() > 2 ? path[1] : "", &Stage::name);
  if (theirs == nullptr || stage == recipe.stages.end() || path[2] == "cycles")
    refuse("the recipes have other stages, or run them another number of times");
  auto inner = std::make_shared<Recipe>(*stage->recipe);
  take_over(*inner, *theirs, path.subspan(2));
  stage->recipe = std::move(inner);
}

}  // namespace

std::string mixed_text(const Recipe& base, const Recipe& other, const std::vector<std::string>& keys) {
  Recipe mixed = base;
  for (const std::string& key : keys) take_over(mixed, other, parse_key(key, Origin{}, ExitCode::recipe));
  return resolved_text(mixed);
}

}  // namespace gistmill
