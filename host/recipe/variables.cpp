// Finds ${name}, resolves names recursively, keeps the place of the string that uses them.
#include "host/recipe/variables.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "host/recipe/fields.hpp"
#include "host/recipe/overrides.hpp"

namespace gistmill {
namespace {

class Substitution {
 public:
  explicit Substitution(const Value& variables) : variables_(variables) {}

  void apply(Value& value) {
    if (auto* list = std::get_if<Value::List>(&value.data())) {
      for (Value& item : *list) apply(item);
    } else if (auto* table = std::get_if<Value::Table>(&value.data())) {
      for (auto& entry : *table) apply(entry.second);
    } else if (const auto* text = value.get_if<std::string>()) {
      if (text->find("${") != std::string::npos) value.data() = expand(*text, value.origin());
    }
  }

  bool used(const std::string& name) const { return used_.count(name) != 0; }

 private:
  Value::Data expand(const std::string& text, const Origin& origin) {
    std::string result;
    std::size_t at = 0;
    while (at < text.size()) {
      const std::size_t dollar = text.find("${", at);
      if (dollar == std::string::npos) break;
      if (dollar > at && text[dollar - 1] == '$') {
        result += text.substr(at, dollar - 1 - at) + "${";
        at = dollar + 2;
        continue;
      }
      const std::size_t close = text.find('}', dollar);
      if (close == std::string::npos) {
        throw Failure(ExitCode::recipe, origin, "a '${' lacks its closing brace",
                      {"for a literal '${' write '$${'"});
      }
      const std::string name = text.substr(dollar + 2, close - dollar - 2);
      Value::Data value = resolve(name, origin);
      if (dollar == 0 && close + 1 == text.size()) return value;
      result += text.substr(at, dollar - at) + as_text(std::move(value), name, origin);
      at = close + 1;
    }
    return result + text.substr(at);
  }

  Value::Data resolve(const std::string& name, const Origin& origin) {
    const Value* variable = variables_.find(name);
    if (variable == nullptr) throw unknown(name, origin);
    if (std::find(open_.begin(), open_.end(), name) != open_.end()) {
      std::string chain;
      for (auto open = std::find(open_.begin(), open_.end(), name); open != open_.end(); ++open) {
        chain += *open + " -> ";
      }
      throw Failure(ExitCode::recipe, origin, fmt::format("variable '{}' uses itself", name), {chain + name});
    }
    used_.insert(name);
    open_.push_back(name);
    Value copy = *variable;
    apply(copy);
    open_.pop_back();
    return std::move(copy.data());
  }

  Failure unknown(const std::string& name, const Origin& origin) const {
    std::vector<std::string> names;
    for (const auto& entry : *variables_.get_if<Value::Table>()) names.push_back(entry.first);
    std::vector<std::string> notes = {suggestion(name, "[variables]", std::move(names))};
    if (name.rfind("env:", 0) == 0) {
      notes = {"the environment is not read: give the value by --set variables.<name>=<value>"};
    }
    return Failure(ExitCode::recipe, origin, fmt::format("unknown variable '{}'", name), std::move(notes));
  }

  static std::string as_text(Value::Data data, const std::string& name, const Origin& origin) {
    if (auto* string = std::get_if<std::string>(&data)) return std::move(*string);
    const Value value(std::move(data), origin);
    if (value.is_table() || value.get_if<Value::List>() != nullptr) {
      throw Failure(ExitCode::recipe, origin,
                    fmt::format("variable '{}' is {} and cannot be part of other text", name,
                                with_article(value.type_name())));
    }
    return value.text();
  }

  const Value& variables_;         // a table
  std::vector<std::string> open_;  // being resolved
  std::set<std::string> used_;
};

bool is_override(const Value& value) { return value.origin().file.rfind(kOverridePrefix, 0) == 0; }

// --set variables.modle=x would otherwise change nothing, silently. A recipe of stages may hand it on.
void refuse_idle_overrides(const Value& recipe, const Value& variables, const Substitution& substitution) {
  if (recipe.find("stage") != nullptr) return;
  std::vector<std::string> names;
  for (const auto& [name, value] : *variables.get_if<Value::Table>()) {
    if (!is_override(value) || !value.overridden().empty() || substitution.used(name)) names.push_back(name);
  }
  for (const auto& [name, value] : *variables.get_if<Value::Table>()) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    throw Failure(ExitCode::recipe, value.origin(),
                  fmt::format("no layer defines or uses variable '{}'", name),
                  {suggestion(name, "[variables]", std::move(names))});
  }
}

}  // namespace

void substitute_variables(Value& recipe) {
  Value* variables = recipe.find("variables");
  if (variables != nullptr && !variables->is_table()) {
    throw Failure(
        ExitCode::recipe, variables->origin(),
        fmt::format("variables is {} when it should be a table", with_article(variables->type_name())));
  }
  // A copy: while the tree is filled in, the variables stay as they were written.
  const Value written = variables != nullptr ? *variables : Value();
  Substitution substitution(written);
  for (auto& [key, value] : std::get<Value::Table>(recipe.data())) {
    if (key != "variables") substitution.apply(value);
  }
  refuse_idle_overrides(recipe, written, substitution);
  if (variables != nullptr) substitution.apply(*variables);
}

void escape_variables(Value& value) {
  if (auto* list = std::get_if<Value::List>(&value.data())) {
    for (Value& item : *list) escape_variables(item);
  } else if (auto* table = std::get_if<Value::Table>(&value.data())) {
    for (auto& entry : *table) escape_variables(entry.second);
  } else if (auto* text = std::get_if<std::string>(&value.data())) {
    for (std::size_t at = text->find("${"); at != std::string::npos; at = text->find("${", at + 3)) {
      text->insert(at, 1, '$');
    }
  }
}

}  // namespace gistmill
