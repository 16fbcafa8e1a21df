#include "host/registry/manifest_sizes.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace gistmill {
namespace {

bool has_dimension(const std::vector<PortSpec>& ports, const std::string& symbol) {
  return std::any_of(ports.begin(), ports.end(), [&](const PortSpec& port) {
    return std::any_of(port.type.shape.begin(), port.type.shape.end(),
                       [&](const Dimension& dimension) { return dimension.symbol == symbol; });
  });
}

}  // namespace

SymbolSpec read_symbol(const std::string& name, const Value& value, const std::string& path,
                       const ComponentSpec& component) {
  const std::string own = fmt::format("{}.{}", path, name);
  const Fields fields(value, own, own, {"option", "scope", "doc"}, ExitCode::plugin);
  SymbolSpec symbol;
  symbol.name = name;
  symbol.option = fields.string("option", "");
  symbol.doc = fields.string("doc", "");
  if (const Value* named = fields.find("option")) {
    const OptionSpec* option = component.option(symbol.option);
    const bool sized =
        option != nullptr && (option->type == OptionType::integer || option->type == OptionType::integers ||
                              option->type == OptionType::floats || option->type == OptionType::strings ||
                              option->type == OptionType::paths);
    if (!sized) fields.refuse(*named, "option", "an option that is an integer or a list");
  }
  const std::string scope = fields.string("scope", "instance");
  if (scope == "pipeline") symbol.scope = SymbolScope::pipeline;
  if (scope != "pipeline" && scope != "instance")
    fields.refuse(*fields.find("scope"), "scope", "\"instance\" or \"pipeline\"");
  return symbol;
}

std::vector<SizeLimit> read_most(const Fields& fields, const OperationSpec& operation,
                                 const ComponentSpec& component) {
  std::vector<SizeLimit> limits;
  const Value* table = fields.table("most");
  if (table == nullptr) return limits;
  for (const auto& [symbol, value] : *table->get_if<Value::Table>()) {
    const std::string key = fmt::format("most.{}", symbol);
    if (!has_dimension(operation.inputs, symbol) && component.symbol(symbol) == nullptr) {
      throw Failure(ExitCode::plugin, place_of(value),
                    fmt::format("{} bounds no dimension of an input of {}, and no symbol that the component "
                                "declares",
                                fields.path_of(key), operation.name));
    }
    const auto* most = value.get_if<std::string>();
    if (most == nullptr || component.symbol(*most) == nullptr)
      fields.refuse(value, key, "a symbol that the component declares");
    limits.push_back({symbol, *most});
  }
  return limits;
}

}  // namespace gistmill
