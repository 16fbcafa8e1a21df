// Greedy generation behind a prompt in three forms: its gist cached, all of it cached, and nothing cached,
// with the prompt read under the gist mask each time. Prints one line of JSON: of each form the seconds to
// the first token and to all, floating-point operations to the first token, and the bytes that are kept of
// the prompt. tests/bench/peers/gist_cache.py is the same in transformers with a cached prompt.
//
//   gist_cache MODEL bf16|f32 THREADS PROMPT GISTS BEHIND NEW ROUNDS
//
// PROMPT tokens with the GISTS at their end, BEHIND tokens that follow, NEW tokens to generate.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <gistmill/plugin/work.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "host/machine/memory.hpp"
#include "plugins/teacher/decoder/files/model_file.hpp"
#include "plugins/teacher/decoder/model.hpp"
#include "tests/bench/common/program.hpp"

namespace {

using gistmill::decoder::Batch;
using gistmill::decoder::GistCache;
using gistmill::decoder::Model;

at::Tensor ids_of(std::int64_t first, std::int64_t count) {
  return (at::arange(first, first + count, at::kLong) * 31337 % 40000 + 17).to(at::kInt).unsqueeze(0);
}

double seconds_of(const Model& model, const Batch& batch, std::int64_t tokens) {
  const auto begin = std::chrono::steady_clock::now();
  model.generate(batch, {tokens, 0.0, 1.0, 0});
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double operations_of(const Model& model, const Batch& batch) {
  gm_work work = gistmill::detail::empty_work();
  const gistmill::detail::WorkScope scope(&work);
  model.generate(batch, {1, 0.0, 1.0, 0});
  return work.flops + work.half_flops;
}

// What the rows behind the prompt say of their next token, cached and not: mean divergence in nats.
double divergence(const Model& model, const Batch& cached, const Batch& whole) {
  const at::NoGradGuard no_grad;
  const at::Tensor found = at::log_softmax(model.forward(cached)[0], -1);
  const at::Tensor expected = at::log_softmax(model.forward(whole)[0].slice(0, -cached.ids.size(1)), -1);
  return (expected.exp() * (expected - found)).sum(-1).mean().item<double>();
}

int run(char** argv) {
  gistmill::keep_freed_memory();  // as the host does
  at::set_num_threads(std::atoi(argv[3]));
  const std::int64_t prompt = std::atol(argv[4]);
  const std::int64_t gists = std::atol(argv[5]);
  const std::int64_t behind = std::atol(argv[6]);
  const std::int64_t tokens = std::atol(argv[7]);
  const auto file = gistmill::decoder::open_model(argv[1], {"llama"});
  const at::ScalarType dtype = std::string(argv[2]) == "bf16" ? at::kBFloat16 : at::kFloat;
  gistmill::decoder::Config config = file->config();
  config.end_tokens.clear();
  const Model model(config, load_weights(config, file, dtype), {}, 32);

  Batch read{ids_of(0, prompt), {}, {}, {}};
  read.gist_places = at::arange(prompt - gists, prompt, at::kInt).unsqueeze(0);
  Batch gist{ids_of(prompt, behind), {}, {}, {}};
  gist.cache = std::make_shared<GistCache>(model.gist_cache(read));
  Batch all = gist;
  read.gist_places = at::arange(prompt, at::kInt).unsqueeze(0);
  all.cache = std::make_shared<GistCache>(model.gist_cache(read));
  const std::int64_t length = prompt + behind;
  Batch nothing{ids_of(0, length), at::ones({1, length, length}, at::kByte), {}, {}};
  nothing.mask[0].narrow(0, prompt, behind).narrow(1, 0, prompt - gists).zero_();

  nlohmann::json result;
  for (int round = 0; round <= std::atoi(argv[8]); ++round) {
    for (const auto& [name, batch] :
         {std::pair<const char*, const Batch*>{"gist", &gist}, {"prompt", &all}, {"nothing", &nothing}}) {
      const double first = seconds_of(model, *batch, 1);
      const double whole = seconds_of(model, *batch, tokens);
      if (round == 0) continue;  // warms up
      result[name]["first_seconds"].push_back(first);
      result[name]["seconds"].push_back(whole);
      result[name]["first_operations"] = operations_of(model, *batch);
      result[name]["kept_bytes"] = batch->cache == nullptr ? 0 : batch->cache->bytes();
    }
  }
  result["divergence"] = divergence(model, gist, nothing);
  std::printf("%s\n", result.dump().c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return gistmill::bench::program(argc, argv,
                                  "gist_cache MODEL bf16|f32 THREADS PROMPT GISTS BEHIND NEW ROUNDS", run);
}
