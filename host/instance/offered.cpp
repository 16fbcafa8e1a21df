#include "host/instance/offered.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "host/diagnostic/failure.hpp"
#include "host/instance/plugin_host.hpp"
#include "host/plan/options.hpp"

namespace gistmill {
namespace {

const Value::Table& table_of(const Value& options, const std::string& role) {
  static const Value::Table kNone;
  const Value* found = options.find(role);
  const auto* table = found == nullptr ? nullptr : found->get_if<Value::Table>();
  return table == nullptr ? kNone : *table;
}

bool is_named(const ComponentSpec& spec, const Value& options) {
  const auto& table = table_of(options, spec.role);
  return std::any_of(table.begin(), table.end(), [&](const auto& entry) {
    const auto* name = entry.second.template get_if<std::string>();
    return entry.first == "use" && name != nullptr && *name == spec.name;
  });
}

const ComponentSpec& chosen_of(const std::vector<std::string>& operations, const Value& options,
                               const Registry& registry) {
  const auto specs = components_offering(operations, registry);
  if (specs.empty())
    throw Failure(
        ExitCode::plugin, fmt::format("no component offers {}", fmt::join(operations, " and ")),
        {"gistmill plugins list shows the components that were found, and files that were refused"});
  for (const ComponentSpec* spec : specs) {
    if (is_named(*spec, options)) return *spec;
  }
  if (specs.size() == 1) return *specs.front();
  std::vector<std::string> notes;
  for (const ComponentSpec* spec : specs)
    notes.push_back(fmt::format("choose it with --set {}.use={}", spec->role, spec->name));
  throw Failure(ExitCode::usage, fmt::format("{} components offer {}", specs.size(), operations.front()),
                notes);
}

}  // namespace

std::vector<const ComponentSpec*> components_offering(const std::vector<std::string>& operations,
                                                      const Registry& registry) {
  std::vector<const ComponentSpec*> found;
  for (const std::string& name : registry.component_names(operations)) {
    const ComponentSpec* spec = registry.find(name);
    if (std::all_of(operations.begin(), operations.end(),
                    [&](const std::string& operation) { return spec->operation(operation) != nullptr; }))
      found.push_back(spec);
  }
  return found;
}

std::unique_ptr<Instance> instance_of(const ComponentSpec& spec, Value::Table options, Registry& registry) {
  ComponentUse use;
  use.name = spec.name;
  use.use = spec.name;
  use.options = Value(std::move(options), Origin{});
  PlannedInstance planned;
  planned.name = spec.name;
  planned.spec = &spec;
  planned.options = plan_options(use, spec);
  return std::make_unique<Instance>(planned, registry.load(spec.name, plugin_host()), plugin_host());
}

std::unique_ptr<Instance> start_offering(const std::vector<std::string>& operations, const Value& options,
                                         Registry& registry) {
  const ComponentSpec& spec = chosen_of(operations, options, registry);
  Value::Table table;
  for (const auto& entry : table_of(options, spec.role)) {
    if (entry.first != "use") table.push_back(entry);
  }
  std::unique_ptr<Instance> instance = instance_of(spec, std::move(table), registry);
  instance->start({}, 0);
  return instance;
}

}  // namespace gistmill
