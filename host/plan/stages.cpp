// Components that come from a stage's recipe.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "host/plan/plan.hpp"

#include "host/diagnostic/did_you_mean.hpp"

namespace gistmill {
namespace {

template <class Items>
const auto& find_or_refuse(const Items& items, const std::string& name, const char* kind,
                           const std::string& where, const ComponentUse& use) {
  std::vector<std::string> names;
  for (const auto& item : items) {
    if (item.name == name) return item;
    names.push_back(item.name);
  }
  const std::string all =
      names.empty() ? fmt::format("it has no {}s", kind) : fmt::format("it has: {}", fmt::join(names, " "));
  throw Failure(ExitCode::recipe, use.use_origin,
                fmt::format("from is '{}', but {} has no {} '{}'", use.from, where, kind, name),
                did_you_mean(name, names, {all}));
}

}  // namespace

ComponentUse resolve_from(const Recipe& top, const ComponentUse& use) {
  const auto dot = use.from.find('.');  // the recipe's schema has seen to it that there is one
  const std::string where = top.path.filename().string();
  const Stage& stage = find_or_refuse(top.stages, use.from.substr(0, dot), "stage", where, use);
  const Recipe& recipe = *stage.recipe;
  const ComponentUse& found = find_or_refuse(recipe.components, use.from.substr(dot + 1), "component",
                                             recipe.path.filename().string(), use);
  const ComponentUse source = found.use.empty() ? resolve_from(recipe, found) : found;
  ComponentUse result = use;
  result.use = source.use;
  result.use_origin = source.use_origin;
  result.options = source.options;
  return result;
}

}  // namespace gistmill
