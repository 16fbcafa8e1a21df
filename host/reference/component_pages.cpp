// Components and contracts: their options, operations and ports.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "host/plan/options.hpp"
#include "host/reference/reference.hpp"
#include "host/registry/manifest.hpp"

namespace gistmill {
namespace {

// A bar would end the cell of a table.
std::string cell(std::string_view text) {
  std::string escaped;
  for (const char letter : text) {
    if (letter == '|') escaped += '\\';
    escaped += letter == '\n' ? ' ' : letter;
  }
  return escaped;
}

std::string range(const OptionSpec& option) {
  if (!option.choices.empty()) return fmt::format(": `{}`", fmt::join(option.choices, "` `"));
  if (!option.min && !option.max) return "";
  return fmt::format(" {}..{}", option.min ? fmt::format("{}", *option.min) : "",
                     option.max ? fmt::format("{}", *option.max) : "");
}

std::string options_table(const std::vector<OptionSpec>& options) {
  if (options.empty()) return "";
  std::string text = "\n| option | type | default | meaning |\n|---|---|---|---|\n";
  for (const OptionSpec& option : options) {
    text += fmt::format(
        "| `{}` | {}{}{} | {} | {} |\n", option.key, option_type_name(option.type), range(option),
        option.unit.empty() ? "" : ", " + option.unit,
        option.default_value ? fmt::format("`{}`", cell(option_text(*option.default_value))) : "required",
        cell(option.doc));
  }
  return text;
}

std::string port_rows(const char* direction, const std::vector<PortSpec>& ports) {
  std::string text;
  for (const PortSpec& port : ports) {
    std::string notes;
    for (const auto& [holds, note] :
         {std::pair(port.gradient, "gradient"), std::pair(port.optional, "optional"),
          std::pair(port.figure.has_value(), "figure"), std::pair(port.cluster, "cluster")}) {
      if (holds) notes += fmt::format("{}{}", notes.empty() ? "" : ", ", note);
    }
    const std::string separator = notes.empty() || port.doc.empty() ? "" : "; ";
    text += fmt::format("| {} | `{}` | `{}` | {}{}{} |\n", direction, port.name, port.type.text, notes,
                        separator, cell(port.doc));
  }
  return text;
}

std::string operation_text(const OperationSpec& operation, std::string_view property) {
  std::string text = fmt::format("\n**`{}`** ({}){}\n", operation.name, property,
                                 operation.doc.empty() ? "" : ": " + cell(operation.doc));
  for (const SizeLimit& limit : operation.most)
    text += fmt::format("\n{} is at most {}.\n", limit.symbol, limit.most);
  if (operation.inputs.empty() && operation.outputs.empty()) return text;
  return text + "\n| | port | type | |\n|---|---|---|---|\n" + port_rows("in", operation.inputs) +
         port_rows("out", operation.outputs);
}

std::string component_text(const ComponentSpec& component, const Manifest& manifest) {
  std::string text =
      fmt::format("\n## `{}`\n\n{}\n\nTier `{}`", component.name, component.doc, manifest.tier);
  if (!component.fulfils.empty()) {
    text += fmt::format("; {} [{}](contracts.md)", component.fulfils.size() == 1 ? "contract" : "contracts",
                        fmt::join(component.fulfils, "](contracts.md), ["));
  }
  text += component.parameters ? "; has parameters that can train.\n" : ".\n";
  text += options_table(component.options);
  for (const OperationSpec& operation : component.operations) {
    text += operation_text(operation, effect_name(operation.effect));
  }
  return text;
}

}  // namespace

ReferencePage components_page(const Registry& registry) {
  std::string text = page_head(
      "Components",
      "Every component that a recipe can `use`, from the plugins' manifests; `gistmill plugins inspect NAME` "
      "prints the same for one. Options are keys of `[components.NAME]`. In ports, letters are symbolic "
      "sizes; "
      "`gradient`: a gradient passes through; `figure`: measured in evaluations; `cluster`: items that "
      "belong "
      "together.");
  text += "\n";
  for (const std::string& name : registry.component_names()) {
    std::string anchor;
    for (const char letter : name) {
      if (letter != '/') anchor += letter;
    }
    text += fmt::format("- [`{}`](#{})\n", name, anchor);
  }
  for (const std::string& name : registry.component_names()) {
    text += component_text(*registry.find(name), registry.file_of(name)->manifest);
  }
  return {"components.md", text};
}

ReferencePage contracts_page(const std::vector<Contract>& contracts) {
  std::string text = page_head(
      "Contracts",
      "The operations, ports and options that make components interchangeable. A component may have more. "
      "[plugins.md](../plugins.md#contracts) says how a manifest claims one and how to add your own.");
  for (const Contract& contract : contracts) {
    text += fmt::format("\n## `{}`\n\n{}\n", contract.name, cell(contract.doc));
    text += options_table(contract.options);
    for (const ContractOperation& operation : contract.operations) {
      text += operation_text(operation.spec, operation.required ? "required" : "optional");
    }
  }
  return {"contracts.md", text};
}

}  // namespace gistmill
