// Manifest against compiled code, one difference at a time.
#include "host/registry/description.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace gistmill {
namespace {

class Comparison {
 public:
  Comparison(const gm_component_interface& interface, const Manifest& manifest, const Origin& library)
      : interface_(interface), manifest_(manifest), library_(library) {}

  void run() const {
    std::vector<std::string> described;
    const std::uint32_t count = interface_.count();
    for (std::uint32_t index = 0; index < count; ++index) described.push_back(compare_component(index));
    for (const ComponentSpec& component : manifest_.components) {
      if (std::find(described.begin(), described.end(), component.name) == described.end()) {
        refuse(fmt::format("the manifest has component '{}', which the library does not describe",
                           component.name));
      }
    }
  }

 private:
  // Answers the component's name.
  std::string compare_component(std::uint32_t index) const {
    const gm_component_info* info = interface_.describe(index);
    if (info == nullptr)
      refuse(fmt::format("the library counts component {} and does not describe it", index));
    expect_size(info->struct_size, offsetof(gm_component_info, operations) + sizeof info->operations,
                "gm_component_info");
    if (info->name == nullptr) refuse(fmt::format("the library gives component {} no name", index));
    const ComponentSpec* component = manifest_.component(info->name);
    if (component == nullptr) {
      refuse(
          fmt::format("the library describes component '{}', which the manifest does not have", info->name));
    }
    if (info->operation_count != component->operations.size()) {
      refuse(fmt::format("{} has {} operations in the library and {} in the manifest", component->name,
                         info->operation_count, component->operations.size()));
    }
    for (std::uint32_t number = 0; number < info->operation_count; ++number) {
      compare_operation(*component, component->operations[number], number,
                        info->operations != nullptr ? info->operations[number] : nullptr);
    }
    return component->name;
  }

  void compare_operation(const ComponentSpec& component, const OperationSpec& operation, std::uint32_t number,
                         const gm_operation_info* info) const {
    const std::string name = component.name + "." + operation.name;
    if (info == nullptr)
      refuse(fmt::format("the library does not describe operation {} of {}", number, component.name));
    expect_size(info->struct_size, offsetof(gm_operation_info, has_vjp) + sizeof info->has_vjp,
                "gm_operation_info");
    if (info->name == nullptr || operation.name != info->name) {
      refuse(fmt::format("operation {} of {} is '{}' in the library and '{}' in the manifest", number,
                         component.name, info->name == nullptr ? "" : info->name, operation.name));
    }
    if (info->input_count != operation.inputs.size() || info->output_count != operation.outputs.size()) {
      refuse(fmt::format("{} has {} inputs and {} outputs in the library, {} and {} in the manifest", name,
                         info->input_count, info->output_count, operation.inputs.size(),
                         operation.outputs.size()));
    }
    if (needs_vjp(component, operation) && info->has_vjp == 0) {
      refuse(fmt::format("the manifest promises gradients of {}, which has no vjp in the library", name));
    }
    if (info->has_vjp != 0 && (interface_.vjp == nullptr || interface_.tape_release == nullptr)) {
      refuse(fmt::format("the library says that {} has a vjp, and lacks the functions vjp or tape_release",
                         name));
    }
  }

  void expect_size(std::uint32_t found, std::size_t needed, const char* type) const {
    if (found >= needed) return;
    refuse(fmt::format("the library describes itself in a {} of {} bytes when it should have {} or more",
                       type, found, needed));
  }

  [[noreturn]] void refuse(const std::string& message) const {
    throw Failure(ExitCode::plugin, library_, message,
                  {"make the manifest and the code agree, and rebuild the plugin"});
  }

  const gm_component_interface& interface_;
  const Manifest& manifest_;
  const Origin& library_;
};

bool has_gradient(const std::vector<PortSpec>& ports) {
  return std::any_of(ports.begin(), ports.end(), [](const PortSpec& port) { return port.gradient; });
}

}  // namespace

void check_description(const gm_component_interface& interface, const Manifest& manifest,
                       const Origin& library) {
  Comparison(interface, manifest, library).run();
}

bool needs_vjp(const ComponentSpec& component, const OperationSpec& operation) {
  return has_gradient(operation.inputs) || (component.parameters && has_gradient(operation.outputs));
}

}  // namespace gistmill
