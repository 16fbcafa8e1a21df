// A checked component with at::Tensors at the ends, for tests of LibTorch plugins. Every failure throws
// Refused.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "gistmill/extensions.h"
#include "tests/plugins/support/checked_component.hpp"

namespace gistmill::test {

using OptionValue = std::variant<std::int64_t, double, bool, std::string, std::vector<std::int64_t>,
                                 std::vector<double>, std::vector<std::string>>;
using OptionTable = std::map<std::string, OptionValue>;

struct Parameter {
  std::string name;
  std::uint32_t flags = 0;
  at::Tensor tensor;  // the component's own memory
};

class PluginDriver {
 public:
  // Loads `library` and creates its component `component`.
  PluginDriver(const std::string& library, const std::string& component, const OptionTable& options);
  // And starts it.
  PluginDriver(const std::string& library, const std::string& component, const OptionTable& options,
               const std::map<std::string, std::int64_t>& symbols);
  PluginDriver(const PluginDriver&) = delete;
  PluginDriver& operator=(const PluginDriver&) = delete;

  void start(const std::map<std::string, std::int64_t>& symbols, std::uint64_t seed = 1);
  std::int64_t symbol(const std::string& name) const;

  // Undefined tensors are ports that nothing is wired to.
  std::vector<at::Tensor> forward(std::uint32_t operation, const std::vector<at::Tensor>& inputs);

  // One training call: forward with a tape, then vjp. Parameter gradients are added to bound buffers.
  struct Reverse {
    std::vector<at::Tensor> outputs;
    std::vector<at::Tensor> gradients;  // one an input, undefined where not needed or zero
  };
  Reverse forward_and_vjp(std::uint32_t operation, const std::vector<at::Tensor>& inputs,
                          const std::vector<std::uint8_t>& need,
                          const std::vector<at::Tensor>& output_gradients, std::uint64_t random_key = 1);

  // What the last forward, and the last vjp, accounted for.
  const gm_work& forward_work() const { return forward_work_; }
  const gm_work& vjp_work() const { return vjp_work_; }

  std::vector<Parameter> parameters() const;
  // Binds zeroed gradient buffers to all trainable parameters, in their order, and gives them.
  std::vector<at::Tensor> bind_gradients();

  void bind_optimizer(const std::vector<Parameter>& parameters, const std::vector<at::Tensor>& gradients);
  // One learning rate a bound parameter; or one for all.
  void optimizer_step(std::uint64_t step, const std::vector<double>& learning_rates);
  void optimizer_step(std::uint64_t step, double learning_rate);

 private:
  CheckedComponent component_;
  gm_work forward_work_{};
  gm_work vjp_work_{};
  std::size_t bound_ = 0;  // parameters that the optimizer was given
};

}  // namespace gistmill::test
