// Rotary positions as files state them: base and scaling, and the order in which a file keeps the rows of
// queries and keys. Hugging Face pairs row i of a head with row i + E/2 ("half-split"); this folder's model,
// and GGUF files of the llama architecture, pair rows 2i and 2i + 1.
#pragma once

#include <ATen/core/Tensor.h>

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

// How many heads the rows of this tensor belong to, where they rotate: A of attn_q, B of attn_k, one of their
// norms; 0 of every other tensor, and where positions are not rotary.
std::int64_t rotated_heads(const Config& config, const std::string& name);

// rows f[heads * E, ..] half-split -> the same rows with pairs adjacent; a view where strides allow it.
at::Tensor paired(const at::Tensor& rows, std::int64_t heads);
// The way back.
at::Tensor half_split(const at::Tensor& rows, std::int64_t heads);
// paired() as indices: row i of the result is row order[i] of the file.
std::vector<std::int32_t> paired_order(std::int64_t rows, std::int64_t heads);

}  // namespace gistmill::decoder
