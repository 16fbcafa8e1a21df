#include "host/plan/options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <type_traits>

#include "host/diagnostic/did_you_mean.hpp"

namespace gistmill {
namespace {

[[noreturn]] void refuse(const OptionSpec& spec, const Value& value, const std::string& expected,
                         std::vector<std::string> notes = {}) {
  if (!spec.doc.empty()) notes.push_back(fmt::format("{}: {}", spec.key, spec.doc));
  throw Failure(ExitCode::recipe, value.origin(),
                fmt::format("{} is {} when it should be {}", spec.key, value.text(), expected),
                std::move(notes));
}

std::string expected_type(const OptionSpec& spec) {
  if (!spec.choices.empty()) return fmt::format("one of {}", fmt::join(spec.choices, ", "));
  switch (spec.type) {
    case OptionType::integer:
      return "an integer";
    case OptionType::floating:
      return "a number";
    case OptionType::boolean:
      return "true or false";
    case OptionType::string:
    case OptionType::choice:
      return "a string";
    case OptionType::path:
      return "a path";
    case OptionType::prepared:
      return "the name of prepared data";
    case OptionType::mixture:
      return "the name of prepared data, or names with weights, { novels = 0.7, code = 0.3 }";
    case OptionType::evaluation:
      return "the name of an evaluation";
    case OptionType::integers:
      return "a list of integers";
    case OptionType::floats:
      return "a list of numbers";
    case OptionType::strings:
      return "a list of strings";
    case OptionType::paths:
      return "a list of paths";
  }
  return "";
}

void check_range(const OptionSpec& spec, const Value& value, double number) {
  const std::string unit = spec.unit.empty() ? "" : " " + spec.unit;
  if (std::isnan(number)) refuse(spec, value, "a number");
  if (spec.min && number < *spec.min) refuse(spec, value, fmt::format("at least {}{}", *spec.min, unit));
  if (spec.max && number > *spec.max) refuse(spec, value, fmt::format("at most {}{}", *spec.max, unit));
}

void check_choice(const OptionSpec& spec, const Value& value, const std::string& text) {
  const auto& choices = spec.choices;
  if (choices.empty() || std::find(choices.begin(), choices.end(), text) != choices.end()) return;
  refuse(spec, value, expected_type(spec), did_you_mean(text, choices));
}

std::int64_t integer_of(const OptionSpec& spec, const Value& value) {
  const auto* integer = value.get_if<std::int64_t>();
  if (!integer) refuse(spec, value, expected_type(spec));
  check_range(spec, value, static_cast<double>(*integer));
  return *integer;
}

double number_of(const OptionSpec& spec, const Value& value) {
  const auto* number = value.get_if<double>();
  const auto* integer = value.get_if<std::int64_t>();
  if (!number && !integer) refuse(spec, value, expected_type(spec));
  const double result = number ? *number : static_cast<double>(*integer);
  check_range(spec, value, result);
  return result;
}

std::string string_of(const OptionSpec& spec, const Value& value) {
  const auto* text = value.get_if<std::string>();
  if (!text) refuse(spec, value, expected_type(spec));
  check_choice(spec, value, *text);
  return *text;
}

template <class Convert>
auto list_of(const OptionSpec& spec, const Value& value, Convert convert) {
  const auto* list = value.get_if<Value::List>();
  if (!list) refuse(spec, value, expected_type(spec));
  std::vector<std::invoke_result_t<Convert, const OptionSpec&, const Value&>> result;
  for (const Value& item : *list) result.push_back(convert(spec, item));
  return result;
}

// Of { novels = 0.6, code = false }: a layer takes a corpus out with false.
std::optional<double> weight_of(const OptionSpec& spec, const std::string& corpus, const Value& value) {
  if (const bool* flag = value.get_if<bool>(); flag != nullptr && !*flag) return std::nullopt;
  const auto* number = value.get_if<double>();
  const auto* integer = value.get_if<std::int64_t>();
  const double weight = number ? *number : integer ? static_cast<double>(*integer) : 0;
  if (weight > 0 && std::isfinite(weight)) return weight;
  throw Failure(ExitCode::recipe, value.origin(),
                fmt::format("{}.{} is {} when it should be a weight above 0", spec.key, corpus, value.text()),
                {fmt::format("false takes a corpus out of the mixture: {}.{} = false", spec.key, corpus)});
}

Mixture mixture_of(const OptionSpec& spec, const Value& value) {
  if (const auto* corpus = value.get_if<std::string>()) return {{*corpus}, {1.0}};
  const auto* table = value.get_if<Value::Table>();
  if (!table) refuse(spec, value, expected_type(spec));
  std::map<std::string, double> weights;
  for (const auto& [corpus, written] : *table) {
    if (const auto weight = weight_of(spec, corpus, written)) weights[corpus] = *weight;
  }
  if (weights.empty()) refuse(spec, value, "of one corpus at least");
  Mixture mixture;
  for (const auto& [corpus, weight] : weights) {
    mixture.corpora.push_back(corpus);
    mixture.weights.push_back(weight);
  }
  return mixture;
}

OptionValue typed(const OptionSpec& spec, const Value& value) {
  switch (spec.type) {
    case OptionType::integer:
      return integer_of(spec, value);
    case OptionType::floating:
      return number_of(spec, value);
    case OptionType::boolean:
      if (const bool* flag = value.get_if<bool>()) return *flag;
      refuse(spec, value, expected_type(spec));
    case OptionType::integers:
      return list_of(spec, value, integer_of);
    case OptionType::floats:
      return list_of(spec, value, number_of);
    case OptionType::strings:
    case OptionType::paths:
      return list_of(spec, value, string_of);
    case OptionType::mixture:
      return mixture_of(spec, value);
    case OptionType::string:
    case OptionType::path:
    case OptionType::choice:
    case OptionType::prepared:
    case OptionType::evaluation:
      break;
  }
  return string_of(spec, value);
}

std::vector<std::string> option_keys(const ComponentSpec& spec) {
  std::vector<std::string> keys;
  for (const OptionSpec& option : spec.options) keys.push_back(option.key);
  return keys;
}

void refuse_unknown(const ComponentUse& use, const ComponentSpec& spec) {
  const auto* table = use.options.get_if<Value::Table>();
  if (!table) return;
  for (const auto& [key, value] : *table) {
    if (spec.option(key)) continue;
    throw Failure(ExitCode::recipe, value.key_origin(),
                  fmt::format("unknown option '{}' of {}", key, spec.name),
                  {suggestion(key, spec.name, option_keys(spec))});
  }
}

}  // namespace

std::vector<PlannedOption> plan_options(const ComponentUse& use, const ComponentSpec& spec) {
  refuse_unknown(use, spec);
  std::vector<PlannedOption> planned;
  for (const OptionSpec& option : spec.options) {
    if (const Value* value = use.options.find(option.key)) {
      planned.push_back({option.key, typed(option, *value), value->origin()});
    } else if (option.default_value) {
      planned.push_back({option.key, *option.default_value, {}});
    } else {
      std::vector<std::string> notes;
      if (!option.doc.empty()) notes.push_back(fmt::format("{}: {}", option.key, option.doc));
      throw Failure(
          ExitCode::recipe, use.origin,
          fmt::format("components.{} lacks option '{}', which {} requires", use.name, option.key, spec.name),
          std::move(notes));
    }
  }
  return planned;
}

std::vector<std::string> prepared_names(const OptionSpec& spec, const OptionValue& value) {
  if (const auto* mixture = std::get_if<Mixture>(&value)) return mixture->corpora;
  if (spec.type != OptionType::prepared) return {};
  const auto& name = std::get<std::string>(value);
  return name.empty() ? std::vector<std::string>() : std::vector<std::string>{name};
}

std::string option_text(const OptionValue& value) {
  return std::visit(
      [](const auto& item) -> std::string {
        using T = std::decay_t<decltype(item)>;
        if constexpr (std::is_same_v<T, std::string> || std::is_arithmetic_v<T>) {
          return Value(item, {}).text();
        } else if constexpr (std::is_same_v<T, Mixture>) {
          if (item.size() == 1) return Value(item.corpora.front(), {}).text();
          Value::Table table;
          for (std::size_t i = 0; i < item.size(); ++i)
            table.emplace_back(item.corpora[i], Value(item.weights[i], Origin{}));
          return Value(std::move(table), {}).text();
        } else {
          Value::List list;
          for (const auto& element : item) list.emplace_back(element, Origin{});
          return Value(std::move(list), {}).text();
        }
      },
      value);
}

}  // namespace gistmill
