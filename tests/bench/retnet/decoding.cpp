// One token behind a long text: student/retnet, which remembers a text in a state of constant size, and a
// Transformer, which reads the keys and values of every token before. Prints one line of JSON: seconds of a
// token of each, in turns, by the clock and by the processor.
//
//   decoding MODEL bf16|f32 THREADS POSITION TOKENS
//
// The student has the sizes of recipes/retnet/distill.toml and is not trained. What the text left in the
// Transformer is drawn and not computed, and its context is made as long as the text needs: the time of a
// token is the same, whatever keys and values it meets.
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "host/machine/memory.hpp"
#include "plugins/student/retnet/model.hpp"
#include "plugins/teacher/decoder/files/model_file.hpp"
#include "plugins/teacher/decoder/model.hpp"
#include "tests/bench/common/program.hpp"

namespace {

namespace decoder = gistmill::decoder;
namespace retnet = gistmill::retnet;

constexpr int kTurns = 5;

void measure(nlohmann::json& result, const std::string& side, std::int64_t tokens, const auto& work) {
  const auto begin = std::chrono::steady_clock::now();
  const std::clock_t before = std::clock();
  work();
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
  const double processor = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
  result[side + "_seconds"].push_back(passed.count() / static_cast<double>(tokens));
  result[side + "_cpu_seconds"].push_back(processor / static_cast<double>(tokens));
}

class Student {
 public:
  Student(std::int64_t vocabulary, bool half) {
    retnet::Config config;
    config.vocabulary = vocabulary;
    config.layers = 8;
    config.width = 576;
    config.heads = 9;
    config.value_width = config.feed_forward = 2 * config.width;
    config.half = half;
    const gistmill::torch::Builder build(
        [](const std::string&, const at::Tensor& initial, std::uint32_t) { return initial; },
        at::make_generator<at::CPUGeneratorImpl>(1));
    auto weights = retnet::make_weights(config, build);
    model_ = std::make_unique<const retnet::Model>(config, std::move(weights));
  }

  void decode(std::int64_t tokens) {
    for (std::int64_t i = 0; i < tokens; ++i) {
      const at::Tensor row = model_->extend(next_, {}, state_).select(1, 0);
      next_ = model_->logits(row).argmax(-1, true);
    }
  }

 private:
  std::unique_ptr<const retnet::Model> model_;
  retnet::State state_;
  at::Tensor next_ = at::zeros({1, 1}, at::kLong);
};

class Transformer {
 public:
  Transformer(const std::shared_ptr<const decoder::ModelFile>& file, at::ScalarType dtype,
              std::int64_t position, std::int64_t tokens)
      : text_{at::full({1, position}, 17, at::kInt), {}, {}, {}},
        model_(longer(file->config(), position + tokens), decoder::load_weights(file->config(), file, dtype),
               {}, tokens) {
    const decoder::Config& config = model_.config();
    const at::Tensor like = at::empty({0, 2 * config.key_width()}, at::TensorOptions().dtype(dtype));
    reading_.take(text_, at::arange(position, at::kLong), 0, tokens, config.layers, like);
    const auto generator = at::make_generator<at::CPUGeneratorImpl>(3);
    for (std::int64_t layer = 0; layer < config.layers; ++layer)
      reading_.layer(static_cast<std::size_t>(layer)).normal_(0, 0.5, generator);
  }

  void decode(std::int64_t tokens) {
    decoder::Model::Sampling sampling;
    sampling.max_tokens = tokens;
    model_.next_tokens(text_, sampling, reading_);
  }

 private:
  static decoder::Config longer(decoder::Config config, std::int64_t context) {
    config.context = std::max(config.context, context);
    return config;
  }

  decoder::Batch text_;
  decoder::Model model_;
  decoder::Reading reading_;
};

int run(char** argv) {
  gistmill::keep_freed_memory();  // as the host does
  at::set_num_threads(std::atoi(argv[3]));
  const at::NoGradGuard no_grad;
  const at::ScalarType dtype = std::string(argv[2]) == "bf16" ? at::kBFloat16 : at::kFloat;
  const std::int64_t position = std::atol(argv[4]), tokens = std::atol(argv[5]);
  const auto file = decoder::open_model(argv[1], {"llama"});
  Transformer transformer(file, dtype, position, tokens);
  Student student(file->config().vocabulary, dtype == at::kBFloat16);
  transformer.decode(1);
  student.decode(tokens);
  nlohmann::json result;
  for (int turn = 0; turn < kTurns; ++turn) {
    measure(result, "student", tokens, [&] { student.decode(tokens); });
    measure(result, "transformer", tokens, [&] { transformer.decode(tokens); });
  }
  std::printf("%s\n", result.dump().c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return gistmill::bench::program(argc, argv, "decoding MODEL bf16|f32 THREADS POSITION TOKENS", run);
}
