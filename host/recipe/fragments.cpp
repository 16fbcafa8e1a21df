#include "host/recipe/fragments.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "host/diagnostic/did_you_mean.hpp"
#include "host/recipe/fields.hpp"
#include "host/recipe/names.hpp"

namespace gistmill {
namespace {

class FragmentExpander {
 public:
  explicit FragmentExpander(const Value& fragments) : fragments_(fragments) {}

  // Whatever is no list or fragment is left to the schema, which says what is wrong with it.
  void expand(Value* steps) {
    auto* list = steps != nullptr ? std::get_if<Value::List>(&steps->data()) : nullptr;
    if (list == nullptr) return;
    Value::List result;
    for (Value& step : *list) {
      const auto* call = step.get_if<std::string>();
      if (call != nullptr && call->starts_with('@')) {
        for (Value& inner : calls_of(call->substr(1), step.origin())) result.push_back(std::move(inner));
      } else {
        expand(step.find("steps"));
        result.push_back(std::move(step));
      }
    }
    *list = std::move(result);
  }

 private:
  Value::List calls_of(const std::string& name, const Origin& origin) {
    const Value* fragment = fragments_.find(name);
    if (fragment == nullptr) {
      std::vector<std::string> names;
      for (const auto& entry : entries_of(fragments_)) names.push_back(entry.first);
      throw Failure(
          ExitCode::recipe, origin, fmt::format("unknown fragment '@{}'", name),
          did_you_mean(name, names, {"[fragments] names lists of calls: " + name + " = [\"a.b\"]"}));
    }
    if (std::ranges::find(open_, name) != open_.end())
      throw Failure(ExitCode::recipe, origin, fmt::format("the fragment '@{}' uses itself", name));
    if (fragment->get_if<Value::List>() == nullptr) {
      throw Failure(ExitCode::recipe, place_of(*fragment),
                    fmt::format("fragments.{} is {} when it should be a list of calls", name,
                                with_article(fragment->type_name())));
    }
    open_.push_back(name);
    Value copy = *fragment;
    expand(&copy);
    open_.pop_back();
    return std::move(std::get<Value::List>(copy.data()));
  }

  const Value& fragments_;
  std::vector<std::string> open_;  // fragments being expanded, from the outermost
};

}  // namespace

void expand_fragments(Value& recipe) {
  auto& table = std::get<Value::Table>(recipe.data());
  const auto entry =
      std::ranges::find(table, "fragments", [](const auto& each) -> std::string_view { return each.first; });
  Value fragments;
  if (entry != table.end()) {
    fragments = std::move(entry->second);
    table.erase(entry);
    if (!fragments.is_table()) {
      throw Failure(
          ExitCode::recipe, place_of(fragments),
          fmt::format("fragments is {} when it should be a table", with_article(fragments.type_name())));
    }
  }
  Value* pipelines = recipe.find("pipelines");
  if (pipelines == nullptr || !pipelines->is_table()) return;
  FragmentExpander expander(fragments);
  for (auto& named : std::get<Value::Table>(pipelines->data())) {
    Value& pipeline = named.second;
    expander.expand(pipeline.find("steps"));
    Value* insert = pipeline.find("insert");
    for (const char* side : {"before", "after"}) {
      Value* places = insert != nullptr ? insert->find(side) : nullptr;
      if (places == nullptr || !places->is_table()) continue;
      for (auto& place : std::get<Value::Table>(places->data())) expander.expand(&place.second);
    }
  }
}

}  // namespace gistmill
