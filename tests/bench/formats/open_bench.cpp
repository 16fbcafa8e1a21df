// Opening a large model: the limits on what a file may hold must never make honest files slow.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

#include <gistmill/formats/gguf.hpp>
#include <gistmill/formats/safetensors.hpp>

#include "tests/sdk/formats/gguf_builder.hpp"

namespace {

using gistmill::formats::Gguf;
using gistmill::formats::Safetensors;
using gistmill::test::Bytes;

// A header as of a model with a vocabulary of 150,000 tokens and 300 tensors (here of no rows).
std::string gguf_header() {
  constexpr std::size_t kTokens = 150000, kTensors = 300;
  std::vector<std::string> tokens, merges;
  for (std::size_t i = 0; i < kTokens; ++i) {
    tokens.push_back("token" + std::to_string(i));
    merges.push_back("to ken" + std::to_string(i));
  }
  Bytes bytes;
  bytes.gguf_header(kTensors, 44).string_entry("general.architecture", "llama");
  for (std::uint32_t i = 0; i < 40; ++i) bytes.entry("llama.option." + std::to_string(i), 4, i);
  bytes.strings_entry("tokenizer.ggml.tokens", tokens)
      .numbers_entry("tokenizer.ggml.token_type", 5, std::vector<std::int32_t>(kTokens, 1))
      .strings_entry("tokenizer.ggml.merges", merges);
  for (std::size_t i = 0; i < kTensors; ++i) {
    bytes.tensor("blk." + std::to_string(i / 9) + ".weight" + std::to_string(i % 9), {4096, 0}, 14, 0);
  }
  return bytes.pad(32).str();
}

void open_gguf(benchmark::State& state) {
  const std::string bytes = gguf_header();
  for (auto _ : state) benchmark::DoNotOptimize(Gguf(bytes, "bench").tensors().size());
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * bytes.size()));
}
BENCHMARK(open_gguf)->Unit(benchmark::kMillisecond);

void read_tokens(benchmark::State& state) {
  const std::string bytes = gguf_header();
  const Gguf file(bytes, "bench");
  for (auto _ : state) benchmark::DoNotOptimize(file.strings("tokenizer.ggml.tokens").size());
}
BENCHMARK(read_tokens)->Unit(benchmark::kMillisecond);

void open_safetensors(benchmark::State& state) {
  std::string header = "{\"__metadata__\":{\"format\":\"pt\"}";
  for (int i = 0; i < state.range(0); ++i) {
    header += ",\"model.layers." + std::to_string(i / 9) + ".weight" + std::to_string(i % 9) +
              "\":{\"dtype\":\"BF16\",\"shape\":[0,4096],\"data_offsets\":[0,0]}";
  }
  const std::string bytes = Bytes().string(header + "}").str();
  for (auto _ : state) benchmark::DoNotOptimize(Safetensors(bytes, "bench").tensors().size());
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * bytes.size()));
}
// 300 tensors, and the 90,000 of the largest mixtures of experts.
BENCHMARK(open_safetensors)->Arg(300)->Arg(90000)->Unit(benchmark::kMillisecond);

}  // namespace
