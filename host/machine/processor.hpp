// What the processor is and multiplies fast. How fast it does is gemm_peak.hpp's.
#pragma once

#include <string>

namespace gistmill {

std::string processor_name();  // "AMD EPYC ..."; "" where unknown

// The instructions that multiply bf16 here: "amx_bf16", "avx512_bf16" or "", where products of bf16 are
// slower than those of f32.
std::string bf16_feature();

}  // namespace gistmill
