// plugins list and plugins inspect: from manifests alone, nothing is loaded.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/cli/terminal.hpp"
#include "host/cli/verbs.hpp"
#include "host/diagnostic/did_you_mean.hpp"
#include "host/plan/options.hpp"
#include "host/registry/contract.hpp"
#include "host/registry/manifest.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

namespace {

namespace fs = std::filesystem;

// With plugins/ of the working folder, as for a recipe that lies there.
Registry registry_here(const Command& command) {
  return Registry(Registry::search_path(command.plugin_folders(), fs::path()));
}

// A file outside of the search path, with the contracts beside it.
PluginFile read_plugin(const Command& command, const fs::path& path) {
  std::vector<fs::path> folders = registry_here(command).folders();
  folders.insert(folders.begin(), path.parent_path());
  std::vector<RefusedFile> refused;  // a contract that cannot be read is one that is not there
  return {path,
          parse_manifest(read_embedded_manifest(path), path.string(), find_contracts(folders, refused))};
}

std::string option_line(const OptionSpec& option) {
  std::string line = fmt::format("    {:<20} {}", option.key, option_type_name(option.type));
  if (!option.choices.empty()) line += fmt::format(" of {}", fmt::join(option.choices, " "));
  if (option.min || option.max) {
    line += fmt::format(" {}..{}", option.min ? fmt::format("{}", *option.min) : "",
                        option.max ? fmt::format("{}", *option.max) : "");
  }
  line +=
      option.default_value ? fmt::format(", default {}", option_text(*option.default_value)) : ", required";
  if (!option.unit.empty()) line += fmt::format(", {}", option.unit);
  return line + (option.doc.empty() ? "\n" : fmt::format("\n                         {}\n", option.doc));
}

std::string port_line(const char* direction, const PortSpec& port) {
  return fmt::format("      {:<4} {:<18} {}{}{}{}\n", direction, port.name, port.type.text,
                     port.gradient ? ", gradient" : "", port.optional ? ", optional" : "",
                     port.doc.empty() ? "" : "; " + port.doc);
}

std::string component_text(const ComponentSpec& component, const PluginFile& file) {
  std::string text = fmt::format("{}\n  {}\n  plugin {} {}, tier {}, license {}, {}\n", component.name,
                                 component.doc, file.manifest.name, file.manifest.version, file.manifest.tier,
                                 file.manifest.license, file.path.string());
  if (!component.fulfils.empty()) text += fmt::format("  fulfils {}\n", fmt::join(component.fulfils, ", "));
  if (component.parameters) text += "  has parameters that can train\n";
  if (!component.options.empty()) text += "  options\n";
  for (const OptionSpec& option : component.options) text += option_line(option);
  for (const OperationSpec& operation : component.operations) {
    text += fmt::format("  operation {} ({}){}\n", operation.name, effect_name(operation.effect),
                        operation.doc.empty() ? "" : ": " + operation.doc);
    for (const PortSpec& port : operation.inputs) text += port_line("in", port);
    for (const PortSpec& port : operation.outputs) text += port_line("out", port);
  }
  return text;
}

nlohmann::json component_json(const ComponentSpec& component, const PluginFile& file) {
  nlohmann::json options = nlohmann::json::array();
  for (const OptionSpec& option : component.options) {
    nlohmann::json entry = {
        {"key", option.key}, {"type", option_type_name(option.type)}, {"doc", option.doc}};
    if (option.default_value) {
      entry["default"] =
          std::visit([](const auto& value) { return nlohmann::json(value); }, *option.default_value);
    }
    if (!option.choices.empty()) entry["choices"] = option.choices;
    if (option.min) entry["min"] = *option.min;
    if (option.max) entry["max"] = *option.max;
    options.push_back(entry);
  }
  nlohmann::json operations = nlohmann::json::array();
  const auto ports = [](const std::vector<PortSpec>& list) {
    nlohmann::json json = nlohmann::json::array();
    for (const PortSpec& port : list) {
      json.push_back({{"name", port.name},
                      {"type", port.type.text},
                      {"gradient", port.gradient},
                      {"optional", port.optional},
                      {"doc", port.doc}});
    }
    return json;
  };
  for (const OperationSpec& operation : component.operations) {
    operations.push_back({{"name", operation.name},
                          {"effect", effect_name(operation.effect)},
                          {"inputs", ports(operation.inputs)},
                          {"outputs", ports(operation.outputs)}});
  }
  return {{"component", component.name},  {"doc", component.doc},
          {"plugin", file.manifest.name}, {"version", file.manifest.version},
          {"tier", file.manifest.tier},   {"file", file.path.string()},
          {"fulfils", component.fulfils}, {"parameters", component.parameters},
          {"options", options},           {"operations", operations}};
}

}  // namespace

ExitCode run_plugins_list(const Command& command) {
  const Registry registry = registry_here(command);
  nlohmann::json json = {{"components", nlohmann::json::array()}, {"refused", nlohmann::json::array()}};
  std::string text;
  for (const std::string& name : registry.component_names()) {
    const PluginFile& file = *registry.file_of(name);
    const ComponentSpec& component = *registry.find(name);
    text += fmt::format("{:<24} {:<8} {}\n", name, file.manifest.version,
                        component.doc.substr(0, component.doc.find(". ")));
    json["components"].push_back({{"component", name},
                                  {"version", file.manifest.version},
                                  {"file", file.path.string()},
                                  {"doc", component.doc}});
  }
  for (const RefusedFile& refused : registry.refused()) {
    text += fmt::format("refused: {}: {}\n", refused.path.string(), refused.reason);
    json["refused"].push_back({{"file", refused.path.string()}, {"reason", refused.reason}});
  }
  print_answer(command.json() ? json.dump(2) + "\n" : text);
  return ExitCode::ok;
}

ExitCode run_plugins_inspect(const Command& command) {
  const std::string& asked = command.arguments.front();
  std::string text;
  nlohmann::json json = nlohmann::json::array();
  const auto add = [&](const ComponentSpec& component, const PluginFile& file) {
    text += component_text(component, file);
    json.push_back(component_json(component, file));
  };
  if (fs::is_regular_file(asked)) {
    const PluginFile file = read_plugin(command, asked);
    for (const ComponentSpec& component : file.manifest.components) add(component, file);
  } else {
    const Registry registry = registry_here(command);
    const ComponentSpec* component = registry.find(asked);
    if (component == nullptr && asked.ends_with(".so"))
      throw Failure(ExitCode::plugin, fmt::format("{}: there is no such file", asked));
    if (component == nullptr) {
      throw Failure(
          ExitCode::plugin, fmt::format("no plugin offers '{}'", asked),
          did_you_mean(asked, registry.component_names(), {"gistmill plugins list shows what there is"}));
    }
    add(*component, *registry.file_of(asked));
  }
  print_answer(command.json() ? json.dump(2) + "\n" : text);
  return ExitCode::ok;
}

}  // namespace gistmill
