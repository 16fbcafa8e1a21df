// A pipeline of the test plugin `notes`, planned by hand: instances, and calls that read one another.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "host/diagnostic/failure.hpp"
#include "host/instance/plugin_host.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

class PipelineTest : public ::testing::Test {
 protected:
  PipelineTest() : registry_({std::string(GISTMILL_BUILD_DIR) + "/tests/plugins"}) {
    set_plugin_listener(
        [this](std::string_view, const std::string& text, const std::string&) { said_.push_back(text); });
  }
  ~PipelineTest() override { set_plugin_listener({}); }

  // Named as its component behind the slash; `options`: those that differ from their defaults.
  std::unique_ptr<Instance> make_instance(const std::string& component,
                                          const std::map<std::string, std::int64_t>& options = {}) {
    PlannedInstance planned;
    planned.name = component.substr(component.find('/') + 1);
    planned.spec = registry_.find(component);
    for (const OptionSpec& option : planned.spec->options) {
      const auto set = options.find(option.key);
      planned.options.push_back(
          {option.key, set == options.end() ? *option.default_value : OptionValue(set->second), {}});
    }
    return std::make_unique<Instance>(planned, registry_.load(component, plugin_host()), plugin_host());
  }

  // One more call, of instance `number`; `sources`: what its inputs read.
  void add(std::size_t number, const Instance& instance, const char* name,
           const std::vector<SlotRef>& sources) {
    const OperationSpec& operation = *instance.planned().spec->operation(name);
    PlannedCall call;
    call.instance = number;
    call.name = instance.name() + "." + name;
    call.operation = &operation;
    for (std::size_t i = 0; i < sources.size(); ++i)
      call.inputs.push_back({&operation.inputs[i], "slot", sources[i], operation.inputs[i].type});
    for (const PortSpec& port : operation.outputs) call.outputs.push_back({&port, port.name, port.type});
    pipeline_.calls.push_back(call);
  }

  // `run` begins no call, since it is canceled.
  template <class Run>
  void expect_canceled(const Run& run) {
    try {
      run();
      FAIL() << "a call began";
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.code(), ExitCode::interrupted);
    }
    EXPECT_TRUE(said_.empty());
  }

  PlannedPipeline pipeline_;
  std::vector<std::string> said_;
  Registry registry_;
};

}  // namespace gistmill
