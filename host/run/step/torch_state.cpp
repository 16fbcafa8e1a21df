// See torch_state.hpp.
#include "host/run/step/torch_state.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <c10/core/DefaultDtype.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <mutex>

namespace gistmill {

void read_torch_state(GlobalState& state) {
  const auto word = [](bool on) { return std::string(on ? "on" : "off"); };
  state.emplace_back("LibTorch's threads", fmt::format("{}", at::get_num_threads()));
  state.emplace_back("LibTorch's grad mode", word(c10::GradMode::is_enabled()));
  state.emplace_back("LibTorch's inference mode", word(c10::InferenceMode::is_enabled()));
  state.emplace_back("LibTorch's default dtype", std::string(c10::get_default_dtype().name()));
  state.emplace_back("LibTorch's deterministic mode", word(at::globalContext().deterministicAlgorithms()));
  at::Generator generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard lock(generator.mutex());
  const at::Tensor numbers = generator.get_state();
  state.emplace_back("LibTorch's default generator",
                     std::string(1, '\0') +
                         std::string(static_cast<const char*>(numbers.const_data_ptr()), numbers.nbytes()));
}

}  // namespace gistmill
