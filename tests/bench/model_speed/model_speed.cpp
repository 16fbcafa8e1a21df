// Measures the plain model: load to the first logit, prefill, and greedy generation of one text, with nothing
// of the host around it. Prints one line of JSON. compare_with_transformers.py runs it beside its peer.
//
//   model_speed MODEL bf16|f32 THREADS PREFILL_TOKENS GENERATED_TOKENS
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "plugins/teacher/decoder/files/model_file.hpp"
#include "plugins/teacher/decoder/model.hpp"
#include "tests/bench/common/program.hpp"

namespace {

using gistmill::decoder::Batch;
using gistmill::decoder::Model;

template <class Body>
double seconds(Body&& body) {
  const auto begin = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// The middle of `rounds` measurements, after one that warms up.
template <class Body>
double median(int rounds, Body&& body) {
  body();
  std::vector<double> times;
  for (int i = 0; i < rounds; ++i) times.push_back(seconds(body));
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

int run(char** argv) {
  // As the host does: large blocks are kept instead of faulted in anew at every step.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 2000000000);
  mallopt(M_TOP_PAD, 64 << 20);
  const at::NoGradGuard no_grad;
  at::set_num_threads(std::atoi(argv[3]));
  const std::int64_t length = std::atol(argv[4]);
  const std::int64_t count = std::atol(argv[5]);
  std::unique_ptr<Model> model;
  const double load = seconds([&] {
    const auto file =
        gistmill::decoder::open_model(argv[1], {"llama", "mistral", "smollm3", "qwen2", "qwen3", "gpt2"});
    const at::ScalarType dtype = std::string(argv[2]) == "bf16" ? at::kBFloat16 : at::kFloat;
    model = std::make_unique<Model>(file->config(), load_weights(file->config(), file, dtype),
                                    std::vector<std::int64_t>{}, 32);
    model->forward({at::full({1, 1}, 1, at::kInt), {}, {}, {}});
  });
  const at::Tensor tokens = at::randint(17, model->config().vocabulary, {1, length}, at::kInt);
  const double prefill = median(5, [&] {
    const at::Tensor rows = model->hidden({tokens, {}, {}, {}});
    model->weights().head.apply(rows[0].narrow(0, length - 1, 1));
  });
  const Batch prompt{tokens.narrow(1, 0, 16), {}, {}, {}};
  std::int64_t made = 0;
  const double generate = median(3, [&] {
    made = model->generate(prompt, {count, 0.0, 1.0, 0}).lengths.item<std::int32_t>();
  });
  std::printf(
      "{\"load_seconds\": %.4f, \"prefill_tokens_per_second\": %.1f, \"generate_tokens_per_second\": %.2f, "
      "\"generated\": %ld}\n",
      load, static_cast<double>(length) / prefill, static_cast<double>(made) / generate,
      static_cast<long>(made));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return gistmill::bench::program(argc, argv,
                                  "model_speed MODEL bf16|f32 THREADS PREFILL_TOKENS GENERATED_TOKENS", run);
}
