// The machine as LibTorch is to use it. What must be decided before LibTorch is loaded is in threads.hpp.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "host/machine/gemm_peak.hpp"

namespace gistmill {

struct Machine {
  int threads = 1;
  std::string processor;    // "AMD EPYC ..."; "" where unknown
  std::string bf16;         // instructions that multiply bf16; "": none
  std::string wait_policy;  // how idle compute threads wait
  GemmPeak peak;            // where it was measured
};

// Keeps freed memory and sets the compute threads; 0: OMP_NUM_THREADS, else one for each physical core that
// this process may use. Main thread, before any tensor.
Machine set_up_machine(std::int64_t threads);

// "2 threads of AMD EPYC ... (avx512_bf16), OpenMP waits: passive, GEMM peak 410 GFLOP/s bf16, 180 GFLOP/s
// f32"
std::string to_text(const Machine& machine);
// The keys of run_started that tell of the machine.
nlohmann::json to_json(const Machine& machine);

}  // namespace gistmill
