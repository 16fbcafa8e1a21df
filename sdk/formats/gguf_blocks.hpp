// One function a quantized type: `blocks` blocks at `in` become floats at `out`. Internal.
//
// Exactly ggml's values (ggml-common.h, ggml-quants.c): the same operations in the same order, each rounded
// to float. Built without fused multiply-add, which would round differently.
#pragma once

#include <cstdint>

namespace gistmill::formats {

using Dequantizer = void(const unsigned char* in, std::uint64_t blocks, float* out);

// Blocks of 32.
Dequantizer from_q4_0, from_q4_1, from_q5_0, from_q5_1, from_q8_0;
// Blocks of 256, with scales of their parts: the "K" types.
Dequantizer from_q2_k, from_q3_k, from_q4_k, from_q5_k, from_q6_k;
// Integers that stand for unevenly spaced numbers, or for three (gguf_blocks_tables.cpp).
Dequantizer from_iq4_nl, from_iq4_xs, from_tq1_0, from_tq2_0, from_mxfp4;

}  // namespace gistmill::formats
