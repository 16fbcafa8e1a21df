// Types, ranges, choices and defaults of options, checked against each other.
#include "host/registry/manifest_options.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "host/recipe/fields.hpp"
#include "host/registry/manifest.hpp"

namespace gistmill {
namespace {

struct TypeName {
  const char* name;
  OptionType type;
};

constexpr std::array<TypeName, 13> kTypes = {{{"integer", OptionType::integer},
                                              {"float", OptionType::floating},
                                              {"boolean", OptionType::boolean},
                                              {"string", OptionType::string},
                                              {"path", OptionType::path},
                                              {"choice", OptionType::choice},
                                              {"prepared", OptionType::prepared},
                                              {"mixture", OptionType::mixture},
                                              {"evaluation", OptionType::evaluation},
                                              {"integers", OptionType::integers},
                                              {"floats", OptionType::floats},
                                              {"strings", OptionType::strings},
                                              {"paths", OptionType::paths}}};

bool is_numeric(OptionType type) {
  return type == OptionType::integer || type == OptionType::floating || type == OptionType::integers ||
         type == OptionType::floats;
}

OptionType read_option_type(const Fields& fields) {
  const std::string name = fields.string("type");
  std::vector<std::string> names;
  for (const TypeName& type : kTypes) {
    if (name == type.name) return type.type;
    names.emplace_back(type.name);
  }
  throw Failure(ExitCode::plugin, fields.find("type")->origin(),
                fmt::format("unknown type '{}' of an option", name),
                {suggestion(name, "an option", std::move(names))});
}

template <class T>
std::optional<T> scalar(const Value& value) {
  if (const T* found = value.get_if<T>()) return *found;
  return std::nullopt;
}

template <>
std::optional<double> scalar<double>(const Value& value) {
  if (const auto* integer = value.get_if<std::int64_t>()) return static_cast<double>(*integer);
  if (const auto* number = value.get_if<double>()) return *number;
  return std::nullopt;
}

template <class T>
std::optional<OptionValue> single(const Value& value) {
  const auto found = scalar<T>(value);
  return found ? std::optional<OptionValue>(*found) : std::nullopt;
}

template <class T>
std::optional<OptionValue> several(const Value& value) {
  const auto* list = value.get_if<Value::List>();
  if (list == nullptr) return std::nullopt;
  std::vector<T> items;
  for (const Value& item : *list) {
    const auto found = scalar<T>(item);
    if (!found) return std::nullopt;
    items.push_back(*found);
  }
  return items;
}

// The value in the option's type, or none where it has another.
std::optional<OptionValue> typed(const Value& value, OptionType type) {
  switch (type) {
    case OptionType::integer:
      return single<std::int64_t>(value);
    case OptionType::floating:
      return single<double>(value);
    case OptionType::boolean:
      return single<bool>(value);
    case OptionType::integers:
      return several<std::int64_t>(value);
    case OptionType::floats:
      return several<double>(value);
    case OptionType::strings:
    case OptionType::paths:
      return several<std::string>(value);
    case OptionType::string:
    case OptionType::path:
    case OptionType::choice:
    case OptionType::prepared:
    case OptionType::evaluation:
      return single<std::string>(value);
    case OptionType::mixture:
      if (const auto* corpus = value.get_if<std::string>()) return Mixture{{*corpus}, {1.0}};
  }
  return std::nullopt;
}

// All numbers of a value, whatever its type.
std::vector<double> numbers_of(const OptionValue& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return {static_cast<double>(*integer)};
  if (const auto* number = std::get_if<double>(&value)) return {*number};
  if (const auto* numbers = std::get_if<std::vector<double>>(&value)) return *numbers;
  if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&value)) {
    return {integers->begin(), integers->end()};
  }
  return {};
}

void read_range(const Fields& fields, OptionSpec& option) {
  for (const char* key : {"min", "max"}) {
    const Value* value = fields.find(key);
    if (value == nullptr) continue;
    if (!is_numeric(option.type)) {
      throw Failure(ExitCode::plugin, place_of(*value),
                    fmt::format("only options of numbers can have '{}'", key));
    }
    (key == std::string_view("min") ? option.min : option.max) = fields.number(key, 0);
  }
  if (option.min && option.max && *option.min > *option.max) {
    fields.refuse(*fields.find("max"), "max", fmt::format("at least min, {}", *option.min));
  }
}

void read_choices(const Fields& fields, OptionSpec& option) {
  option.choices = fields.strings("choices");
  const Value* value = fields.find("choices");
  if (option.type != OptionType::choice) {
    if (value == nullptr) return;
    throw Failure(ExitCode::plugin, place_of(*value), "only options of type choice can have 'choices'");
  }
  fields.required("choices");
  if (option.choices.empty()) fields.refuse(*value, "choices", "a list of one name or more");
  for (auto choice = option.choices.begin(); choice != option.choices.end(); ++choice) {
    if (std::find(option.choices.begin(), choice, *choice) == choice) continue;
    throw Failure(ExitCode::plugin, value->origin(), fmt::format("the choice '{}' is there twice", *choice));
  }
}

void read_default(const Fields& fields, OptionSpec& option) {
  const Value* value = fields.find("default");
  if (value == nullptr) return;
  option.default_value = typed(*value, option.type);
  if (!option.default_value) {
    fields.refuse(*value, "default", fmt::format("of type {}", fields.string("type")));
  }
  for (double number : numbers_of(*option.default_value)) {
    if (option.min && number < *option.min) {
      fields.refuse(*value, "default", fmt::format("at least min, {}", *option.min));
    }
    if (option.max && number > *option.max) {
      fields.refuse(*value, "default", fmt::format("at most max, {}", *option.max));
    }
  }
  if (option.type == OptionType::choice && std::find(option.choices.begin(), option.choices.end(),
                                                     *value->get_if<std::string>()) == option.choices.end()) {
    fields.refuse(*value, "default", "one of the choices");
  }
}

}  // namespace

std::string_view option_type_name(OptionType type) {
  return kTypes[static_cast<std::size_t>(type)].name;  // in the order of the enumeration
}

OptionSpec read_option(const std::string& key, const Value& value, const std::string& path) {
  if (key == "use" || key == "from" || key == "parameters") {
    throw Failure(ExitCode::plugin, place_of(value), fmt::format("an option cannot have the name '{}'", key),
                  {"recipes have a key of this name themselves"});
  }
  const std::string own = fmt::format("{}.{}", path, key_text(key));
  const Fields fields(value, own, own, {"type", "default", "min", "max", "choices", "unit", "doc"},
                      ExitCode::plugin);
  OptionSpec option;
  option.key = key;
  option.type = read_option_type(fields);
  option.unit = fields.string("unit", "");
  option.doc = fields.string("doc", "");
  read_range(fields, option);
  read_choices(fields, option);
  read_default(fields, option);
  return option;
}

}  // namespace gistmill
