// Rotary positions as files state them: base and scaling. Needs no LibTorch.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "plugins/teacher/decoder/config.hpp"

namespace gistmill::decoder {

struct Rotary {
  enum class Scaling {
    kNone,
    kLinear,   // positions divided by `factor` (Chen et al., arXiv:2306.15595)
    kLlama3,   // long wavelengths divided by `factor`, short ones kept, between them a blend (Llama 3.1)
    kFactors,  // each frequency divided by its own factor: what GGUF files keep of kLlama3
  };
  double base = 10000.0;
  Scaling scaling = Scaling::kNone;
  double factor = 1.0;
  double low_frequency_factor = 1.0;   // of kLlama3
  double high_frequency_factor = 4.0;  // of kLlama3
  double original_context = 0.0;       // of kLlama3: positions before the scaling
  std::vector<double> factors;         // of kFactors, E/2
};

// Radians a position of each pair of a head: Config::rotary_frequencies.
std::vector<double> frequencies(const Rotary& rotary, std::int64_t head_size);

// {"kind": "llama3", "base": 500000, "factor": 8, ...}
nlohmann::json describe(const Rotary& rotary);

}  // namespace gistmill::decoder
