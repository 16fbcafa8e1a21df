#include "host/plan/roles.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "host/diagnostic/failure.hpp"
#include "host/plan/types.hpp"
#include "host/recipe/fields.hpp"
#include "host/recipe/toml.hpp"

namespace gistmill {
namespace {

std::vector<PortSpec> parse_ports(const Fields& operation, const char* kind) {
  std::vector<PortSpec> ports;
  const Value* table = operation.table(kind);
  if (!table) return ports;
  for (const auto& [name, value] : std::get<Value::Table>(table->data())) {
    const std::string path = operation.path_of(kind) + "." + name;
    const Fields fields(value, path, path, {"type", "gradient", "optional", "doc"}, ExitCode::plugin);
    PortSpec port;
    port.name = name;
    try {
      port.type = parse_port_type(fields.string("type"));
    } catch (const Failure& failure) {
      throw Failure(ExitCode::plugin, fields.required("type").origin(), failure.message(), failure.notes());
    }
    port.gradient = fields.boolean("gradient", false);
    port.optional = fields.boolean("optional", false);
    port.doc = fields.string("doc", "");
    ports.push_back(std::move(port));
  }
  return ports;
}

RoleOperation parse_operation(const std::string& name, const Value& value) {
  const std::string path = "operations." + name;
  const Fields fields(value, path, "[" + path + "]", {"doc", "required", "inputs", "outputs"},
                      ExitCode::plugin);
  RoleOperation operation;
  operation.spec.name = name;
  operation.spec.doc = fields.string("doc", "");
  operation.spec.inputs = parse_ports(fields, "inputs");
  operation.spec.outputs = parse_ports(fields, "outputs");
  operation.required = fields.boolean("required", true);
  return operation;
}

[[noreturn]] void refuse(const ComponentSpec& component, const Role& role, const std::string& what,
                         std::vector<std::string> notes = {}) {
  throw Failure(ExitCode::plugin,
                fmt::format("{} {}, which role {} requires", component.name, what, role.name),
                std::move(notes));
}

// `kind`: input or output. `verb`: what a port with a gradient does.
void check_port(const ComponentSpec& component, const Role& role, const std::string& operation,
                const PortSpec& offered, const PortSpec& expected, const char* kind, const char* verb) {
  const bool fits = types_fit(offered.type, expected.type);
  if (!fits) {
    throw Failure(
        ExitCode::plugin,
        fmt::format("{} '{}' of {}.{} is {} when role {} has it {}", kind, expected.name, component.name,
                    operation, type_text(offered.type), role.name, type_text(expected.type)));
  }
  if (expected.gradient && !offered.gradient) {
    refuse(component, role, fmt::format("{} at {} '{}' of {}", verb, kind, expected.name, operation));
  }
}

void check_operation(const ComponentSpec& component, const Role& role, const OperationSpec& offered,
                     const OperationSpec& expected) {
  for (const PortSpec& port : expected.outputs) {
    if (const PortSpec* found = offered.output(port.name)) {
      check_port(component, role, expected.name, *found, port, "output", "does not take a gradient");
    } else if (!port.optional) {
      refuse(component, role, fmt::format("does not write '{}' in {}", port.name, expected.name));
    }
  }
  for (const PortSpec& port : expected.inputs) {
    if (const PortSpec* found = offered.input(port.name)) {
      check_port(component, role, expected.name, *found, port, "input", "does not give a gradient");
    }
  }
}

}  // namespace

Role parse_role(std::string_view text, const std::string& name, const std::string& source) {
  const Value value = parse_toml(text, source, ExitCode::plugin);
  const Fields fields(value, "", "a role file", {"doc", "operations"}, ExitCode::plugin);
  Role role;
  role.name = name;
  role.doc = fields.string("doc");
  if (const Value* operations = fields.table("operations")) {
    for (const auto& [operation, entry] : std::get<Value::Table>(operations->data())) {
      role.operations.push_back(parse_operation(operation, entry));
    }
  }
  return role;
}

std::vector<Role> load_roles(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(folder, missing)) {
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<Role> roles;
  for (const auto& file : files) {
    std::ifstream stream(file, std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    if (!stream) throw Failure(ExitCode::plugin, fmt::format("cannot read the role file {}", file.string()));
    roles.push_back(parse_role(text.str(), file.stem().string(), file.string()));
  }
  return roles;
}

void check_role(const ComponentSpec& component, const Role& role) {
  for (const RoleOperation& operation : role.operations) {
    if (const OperationSpec* offered = component.operation(operation.spec.name)) {
      check_operation(component, role, *offered, operation.spec);
    } else if (operation.required) {
      std::vector<std::string> names;
      for (const OperationSpec& each : component.operations) names.push_back(each.name);
      refuse(component, role, fmt::format("does not offer {}", operation.spec.name),
             {names.empty() ? fmt::format("{} offers no operations", component.name)
                            : fmt::format("{} offers: {}", component.name, fmt::join(names, " "))});
    }
  }
}

}  // namespace gistmill
