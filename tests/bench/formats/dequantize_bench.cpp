// Dequantization on one thread: bytes written a second, for floats and for bf16.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

#include <gistmill/formats/gguf.hpp>

#include "tests/sdk/formats/gguf_builder.hpp"

namespace {

using gistmill::formats::Gguf;
using gistmill::formats::GgufType;

// A matrix whose floats stay in the second-level cache: what is measured is the arithmetic.
constexpr std::uint64_t kRows = 64, kRowLength = 1024;

std::string matrix(GgufType type, std::uint64_t elements, std::uint64_t bytes) {
  std::string data(kRows * kRowLength / elements * bytes, '\0');
  std::uint32_t x = 1;
  for (char& byte : data) {
    x = x * 1664525u + 1013904223u;
    byte = static_cast<char>(x >> 24 & 0x37);  // no exponents that make infinities or subnormal halves
  }
  return gistmill::test::Bytes()
      .gguf_header(1, 0)
      .tensor("t", {kRowLength, kRows}, static_cast<std::uint32_t>(type), 0)
      .pad(32)
      .raw(data)
      .str();
}

void floats(benchmark::State& state, GgufType type, std::uint64_t elements, std::uint64_t bytes) {
  const std::string text = matrix(type, elements, bytes);
  const Gguf file(text, "bench");
  std::vector<float> out(kRows * kRowLength);
  for (auto _ : state) {
    file.dequantize(file.tensor("t"), out.data());
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * out.size() * sizeof(float)));
}

void bf16(benchmark::State& state, GgufType type, std::uint64_t elements, std::uint64_t bytes) {
  const std::string text = matrix(type, elements, bytes);
  const Gguf file(text, "bench");
  std::vector<std::uint16_t> out(kRows * kRowLength);
  for (auto _ : state) {
    file.dequantize_rows_bf16(file.tensor("t"), 0, kRows, out.data());
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * out.size() * sizeof(std::uint16_t)));
}

#define GISTMILL_BENCH(type, elements, bytes)                          \
  BENCHMARK_CAPTURE(floats, type, GgufType::k##type, elements, bytes); \
  BENCHMARK_CAPTURE(bf16, type, GgufType::k##type, elements, bytes)

GISTMILL_BENCH(F16, 1, 2);
GISTMILL_BENCH(BF16, 1, 2);
GISTMILL_BENCH(Q4_0, 32, 18);
GISTMILL_BENCH(Q4_1, 32, 20);
GISTMILL_BENCH(Q5_0, 32, 22);
GISTMILL_BENCH(Q5_1, 32, 24);
GISTMILL_BENCH(Q8_0, 32, 34);
GISTMILL_BENCH(Q2_K, 256, 84);
GISTMILL_BENCH(Q3_K, 256, 110);
GISTMILL_BENCH(Q4_K, 256, 144);
GISTMILL_BENCH(Q5_K, 256, 176);
GISTMILL_BENCH(Q6_K, 256, 210);

}  // namespace
