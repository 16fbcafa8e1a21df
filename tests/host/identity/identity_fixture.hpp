// What tests of identities share: instances of a plugin that was built twice, from code that differs in a
// number.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "host/identity/instance_identity.hpp"
#include "host/instance/plugin_host.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

class IdentityTest : public ::testing::Test {
 protected:
  static Registry codes(const std::string& build) {
    return Registry({std::string(GISTMILL_BUILD_DIR) + "/tests/codes/" + build});
  }

  // With the manifest's defaults but for `changes`. The registry outlives the result.
  static std::unique_ptr<Instance> make(Registry& registry, const std::string& component,
                                        std::vector<std::pair<std::string, OptionValue>> changes = {}) {
    PlannedInstance planned;
    planned.name = "codes";
    planned.spec = registry.find(component);
    for (const OptionSpec& option : planned.spec->options)
      planned.options.push_back({option.key, *option.default_value, {}});
    for (auto& [key, value] : changes) {
      for (PlannedOption& option : planned.options) {
        if (option.key == key) option.value = std::move(value);
      }
    }
    return std::make_unique<Instance>(planned, registry.load(component, plugin_host()), plugin_host());
  }

  Registry first_ = codes("first");
  Registry second_ = codes("second");
};

}  // namespace gistmill
