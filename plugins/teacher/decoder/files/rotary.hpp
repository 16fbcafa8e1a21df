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
    kYarn,     // by turns within the first context: many are kept, few divided by `factor`, between them a
               // ramp (Peng et al., arXiv:2309.00071)
    kDynamic,  // none up to the context; longer texts, which are refused here, would stretch the base
    kLong,     // each frequency divided by its own factor: a list up to the first context and one beyond it,
               // which is not followed here (LongRoPE, arXiv:2402.13753)
  };
  double base = 10000.0;
  Scaling scaling = Scaling::kNone;
  double factor = 1.0;
  double low_frequency_factor = 1.0;   // of kLlama3
  double high_frequency_factor = 4.0;  // of kLlama3
  double original_context = 0.0;       // of kLlama3, kYarn, kLong: positions before the scaling
  std::vector<double> factors;         // of kFactors, and of kLong up to original_context; E/2
  std::vector<double> long_factors;    // of kLong, as the file has them
  double beta_fast = 32.0;             // of kYarn: turns within the first context from which a pair is kept,
  double beta_slow = 1.0;              // and up to which it is divided
  bool whole_pairs = true;             // of kYarn: the ramp's ends are whole pairs (`truncate`)
  double magnitude = 1.0;              // of kYarn, kLong: Config::rotary_magnitude
};

// Radians a position of each pair of a head: Config::rotary_frequencies.
std::vector<double> frequencies(const Rotary& rotary, std::int64_t head_size);

// Positions that the model reads: YaRN's are `factor` times those before it, also where the file names only
// these; LongRoPE's second list of factors is not followed.
std::int64_t context_of(const Rotary& rotary, std::int64_t stated);

// How much longer queries and keys become where positions are stretched by `factor` (YaRN, equation 22);
// `weight` is `mscale` of the files.
double yarn_magnitude(double factor, double weight = 1.0);

// {"kind": "llama3", "base": 500000, "factor": 8, ...}
nlohmann::json describe(const Rotary& rotary);

}  // namespace gistmill::decoder
