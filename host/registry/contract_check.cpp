#include "host/registry/contract_check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <initializer_list>

#include "host/diagnostic/failure.hpp"
#include "host/recipe/fields.hpp"

namespace gistmill {
namespace {

class ContractCheck {
 public:
  ContractCheck(const ComponentSpec& component, const Contract& contract, const Value& written,
                const Origin& claim)
      : component_(component), contract_(contract), written_(written), claim_(claim) {}

  void run() const {
    for (const ContractOperation& operation : contract_.operations) {
      if (const OperationSpec* offered = component_.operation(operation.spec.name)) {
        check_ports(*offered, operation.spec);
      } else if (operation.required) {
        refuse(claim_, fmt::format("does not offer {}", operation.spec.name), {offered_text()});
      }
    }
  }

 private:
  void check_ports(const OperationSpec& offered, const OperationSpec& expected) const {
    for (const PortSpec& port : expected.outputs) {
      if (const PortSpec* found = offered.output(port.name)) {
        check_port(expected.name, *found, port, "output", "does not take a gradient");
      } else if (!port.optional) {
        refuse(place({"operations", expected.name}),
               fmt::format("does not write '{}' in {}", port.name, expected.name));
      }
    }
    for (const PortSpec& port : expected.inputs) {
      if (const PortSpec* found = offered.input(port.name)) {
        check_port(expected.name, *found, port, "input", "does not give a gradient");
      } else if (!port.optional) {
        refuse(place({"operations", expected.name}),
               fmt::format("does not read '{}' in {}", port.name, expected.name));
      }
    }
  }

  // `kind`: input or output. `verb`: what is wrong with a port that lacks a gradient.
  void check_port(const std::string& operation, const PortSpec& offered, const PortSpec& expected,
                  const char* kind, const char* verb) const {
    const std::string kinds = fmt::format("{}s", kind);
    const Origin& at = place({"operations", operation, kinds, expected.name});
    if (!types_fit(offered.type, expected.type)) {
      throw Failure(ExitCode::plugin, at,
                    fmt::format("{} '{}' of {}.{} is {} when contract {} has it {}", kind, expected.name,
                                component_.name, operation, type_text(offered.type), contract_.name,
                                type_text(expected.type)));
    }
    if (expected.gradient && !offered.gradient)
      refuse(at, fmt::format("{} at {} '{}' of {}", verb, kind, expected.name, operation));
  }

  std::string offered_text() const {
    std::vector<std::string> names;
    for (const OperationSpec& each : component_.operations) names.push_back(each.name);
    return names.empty() ? fmt::format("{} offers no operations", component_.name)
                         : fmt::format("{} offers: {}", component_.name, fmt::join(names, " "));
  }

  // Of the key at the end of `path` below the component's table.
  const Origin& place(std::initializer_list<std::string_view> path) const {
    const Value* value = &written_;
    for (const std::string_view key : path) {
      value = value->find(key);
      if (value == nullptr) return claim_;
    }
    return place_of(*value);
  }

  [[noreturn]] void refuse(const Origin& at, const std::string& what,
                           std::vector<std::string> notes = {}) const {
    throw Failure(ExitCode::plugin, at,
                  fmt::format("{} {}, which contract {} requires", component_.name, what, contract_.name),
                  std::move(notes));
  }

  const ComponentSpec& component_;
  const Contract& contract_;
  const Value& written_;
  const Origin& claim_;
};

}  // namespace

void check_contract(const ComponentSpec& component, const Contract& contract, const Value& written,
                    const Origin& claim) {
  ContractCheck(component, contract, written, claim).run();
}

}  // namespace gistmill
