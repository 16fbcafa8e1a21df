// What the processor is and multiplies fast. How fast it does is gemm_peak.hpp's.
#pragma once

#include <string>
#include <vector>

namespace gistmill {

std::string processor_name();  // "AMD EPYC ..."; "" where unknown

// Of the sets of instructions that matter for products of matrices, those that it has: "avx2", "avx512_bf16".
std::vector<std::string> processor_features();

// The instructions that multiply bf16 here: "amx_bf16", "avx512_bf16" or "", where products of bf16 are
// slower than those of f32.
std::string bf16_feature();

}  // namespace gistmill
