// See machine.hpp.
#include "host/machine/machine.hpp"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include "host/machine/memory.hpp"
#include "host/machine/processor.hpp"
#include "host/machine/threads.hpp"

namespace gistmill {

Machine set_up_machine(std::int64_t threads) {
  keep_freed_memory();
  Machine machine;
  machine.threads = threads > 0 ? static_cast<int>(threads) : default_threads();
  at::set_num_threads(machine.threads);
  machine.processor = processor_name();
  machine.bf16 = bf16_feature();
  machine.wait_policy = wait_policy();
  return machine;
}

std::string to_text(const Machine& machine) {
  std::string text = fmt::format("{} thread{}", machine.threads, machine.threads == 1 ? "" : "s");
  if (!machine.processor.empty()) text += " of " + machine.processor;
  text += fmt::format(" ({}), OpenMP waits: {}", machine.bf16.empty() ? "no native bf16" : machine.bf16,
                      machine.wait_policy);
  return machine.peak.known() ? text + ", GEMM peak " + to_text(machine.peak) : text;
}

nlohmann::json to_json(const Machine& machine) {
  nlohmann::json json = {{"threads", machine.threads},
                         {"processor", machine.processor},
                         {"bf16", machine.bf16},
                         {"openmp_wait", machine.wait_policy}};
  if (machine.peak.known())
    json["gemm_flops_per_second"] = {{"f32", machine.peak.f32}, {"bf16", machine.peak.bf16}};
  return json;
}

}  // namespace gistmill
