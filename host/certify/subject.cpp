// See subject.hpp.
#include "host/certify/subject.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "host/diagnostic/failure.hpp"
#include "host/instance/plugin_host.hpp"
#include "host/plan/options.hpp"
#include "host/plan/symbols.hpp"
#include "host/recipe/overrides.hpp"
#include "host/registry/manifest.hpp"

namespace gistmill {

namespace {

std::optional<Value> invented(const OptionSpec& option) {
  const auto in_range = [&](double wanted) {
    if (option.min) wanted = std::max(wanted, *option.min);
    if (option.max) wanted = std::min(wanted, *option.max);
    return wanted;
  };
  switch (option.type) {
    case OptionType::integer:
      return Value(static_cast<std::int64_t>(in_range(4)), Origin{});
    case OptionType::floating:
      return Value(in_range(0.5), Origin{});
    case OptionType::boolean:
      return Value(false, Origin{});
    case OptionType::string:
      return Value(std::string("text"), Origin{});
    case OptionType::choice:
      return Value(option.choices.front(), Origin{});
    case OptionType::integers:
      return Value(Value::List{Value(static_cast<std::int64_t>(in_range(1)), Origin{})}, Origin{});
    case OptionType::floats:
      return Value(Value::List{Value(in_range(0.5), Origin{})}, Origin{});
    case OptionType::strings:
      return Value(Value::List{Value(std::string("text"), Origin{})}, Origin{});
    default:
      return std::nullopt;
  }
}

}  // namespace

Subject::Subject(const std::filesystem::path& library, const std::string& component, std::uint64_t seed,
                 const std::vector<std::string>& options, const std::vector<std::filesystem::path>& folders,
                 std::function<void()> load_torch)
    : library_(library),
      registry_(Registry::of_library(library, folders)),
      seed_(seed),
      given_(options),
      load_torch_(std::move(load_torch)) {
  if (component.empty()) return;
  spec_ = registry_.find(component);
  if (spec_ == nullptr) {
    throw Failure(ExitCode::usage, fmt::format("{} has no component '{}'", library.string(), component),
                  {suggestion(component, "it", registry_.component_names())});
  }
}

LoadedComponent Subject::load() {
  if (manifest().tier == "libtorch") load_torch_();
  const std::string name = spec_ != nullptr ? spec_->name : manifest().components.front().name;
  return registry_.load(name, plugin_host());
}

std::vector<PlannedOption> Subject::options() const {
  const Value given = parse_overrides(given_);
  Value::Table table;
  for (const OptionSpec& option : spec_->options) {
    if (const Value* value = given.find(option.key)) {
      table.emplace_back(option.key, *value);
    } else if (!option.default_value) {
      std::optional<Value> made = invented(option);
      if (!made) {
        throw NotChecked(fmt::format("option '{}' needs {}, which no check can make up: --set {}=...",
                                     option.key, option_type_name(option.type), option.key));
      }
      table.emplace_back(option.key, std::move(*made));
    }
  }
  ComponentUse use;
  use.name = spec_->name;
  use.use = spec_->name;
  use.options = Value(std::move(table), Origin{});
  return plan_options(use, *spec_);
}

Sizes Subject::fixed_sizes(const std::vector<PlannedOption>& options) const {
  Sizes sizes;
  for (const SymbolSpec& symbol : spec_->symbols) {
    if (symbol.option.empty()) continue;
    const auto option = std::find_if(options.begin(), options.end(),
                                     [&](const PlannedOption& one) { return one.key == symbol.option; });
    if (option != options.end()) sizes[symbol.name] = size_by_option(option->value);
  }
  return sizes;
}

}  // namespace gistmill
