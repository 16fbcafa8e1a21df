// A training step on gist tokens: vectors alone train, the model is frozen. Batches of eight texts, lengths
// as those of instructions (lengths.json: tokens before the gist, behind it, to be learned), padded on the
// left, gist mask, mean loss of what is to be learned, backward. Prints one line of JSON with the seconds of
// each step; tests/bench/peers/gist_step.py is the same in transformers, on the same ids.
//
//   gist_step MODEL bf16|f32 GISTS THREADS LENGTHS.json ROUNDS
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "host/machine/memory.hpp"
#include "plugins/loss/common/batch_loss.hpp"
#include "plugins/teacher/decoder/files/model_file.hpp"
#include "plugins/teacher/decoder/model.hpp"
#include "tests/bench/common/program.hpp"

namespace {

using gistmill::decoder::Batch;
using gistmill::decoder::Model;

struct Text {
  std::int64_t before;
  std::int64_t behind;
  std::int64_t learned;
};

// The id of a text's token: any that is the same on both sides.
std::int32_t id_of(std::int64_t batch, std::int64_t text, std::int64_t place) {
  return static_cast<std::int32_t>(17 + (batch * 7919 + text * 104729 + place * 31337) % 40000);
}

struct Step {
  Batch batch;
  at::Tensor counts;  // f32[B, T]
};

Step step_of(const std::vector<Text>& texts, std::int64_t number, std::int64_t gists) {
  std::int64_t length = 0;
  for (const Text& text : texts) length = std::max(length, text.before + gists + text.behind + text.learned);
  const auto count = static_cast<std::int64_t>(texts.size());
  Step step;
  step.batch.ids = at::zeros({count, length}, at::kInt);
  step.batch.mask = at::zeros({count, length, length}, at::kByte);
  step.batch.positions = at::zeros({count, length}, at::kInt);
  step.batch.gist_places = at::zeros({count, gists}, at::kInt);
  step.counts = at::zeros({count, length});
  for (std::int64_t i = 0; i < count; ++i) {
    const Text& text = texts[static_cast<std::size_t>(i)];
    const std::int64_t padding = length - (text.before + gists + text.behind + text.learned);
    const std::int64_t first = padding + text.before;
    const std::int64_t behind = first + gists;
    for (std::int64_t place = padding; place < length; ++place)
      step.batch.ids[i][place] = id_of(number, i, place - padding);
    step.batch.mask[i].narrow(0, padding, behind - padding).narrow(1, padding, length - padding).fill_(1);
    step.batch.mask[i].narrow(0, behind, length - behind).narrow(1, first, length - first).fill_(1);
    step.batch.positions[i].copy_((at::arange(length, at::kInt) - padding).clamp_min(0));
    step.batch.gist_places[i].copy_(at::arange(first, behind, at::kInt));
    step.counts[i].narrow(0, length - text.learned, text.learned).fill_(1);
  }
  return step;
}

std::vector<Step> steps_of(const char* path, std::int64_t gists) {
  std::ifstream file(path);
  const nlohmann::json lengths = nlohmann::json::parse(file);
  std::vector<Step> steps;
  for (const auto& batch : lengths) {
    std::vector<Text> texts;
    for (const auto& text : batch) texts.push_back({text[0], text[1], text[2]});
    steps.push_back(step_of(texts, static_cast<std::int64_t>(steps.size()), gists));
  }
  return steps;
}

// -> the loss
double train(const Model& model, const at::Tensor& vectors, Step& step) {
  step.batch.gist = vectors.unsqueeze(0).expand({step.batch.ids.size(0), -1, -1});
  const at::Tensor hidden = model.hidden(step.batch);
  const auto loss =
      gistmill::loss::batch_loss({hidden, model.head()}, step.batch.ids, step.counts, {}, {}).loss;
  const at::Tensor gradient = ::torch::autograd::grad({loss}, {vectors})[0];
  const at::NoGradGuard no_grad;
  at::Tensor(vectors).sub_(gradient, 0.01);
  return loss.item<double>();
}

int run(char** argv) {
  gistmill::keep_freed_memory();  // as the host does
  at::set_num_threads(std::atoi(argv[4]));
  const auto file = gistmill::decoder::open_model(argv[1], {"llama"});
  const at::ScalarType dtype = std::string(argv[2]) == "bf16" ? at::kBFloat16 : at::kFloat;
  const Model model(file->config(), load_weights(file->config(), file, dtype), {}, 32);
  const std::int64_t gists = std::atol(argv[3]);
  std::vector<Step> steps = steps_of(argv[5], gists);
  const at::Tensor vectors = model.scale().first.expand({gists, -1}).clone().requires_grad_(true);
  train(model, vectors, steps.front());  // warms up
  std::vector<double> seconds;
  std::vector<double> losses;
  for (int round = 0; round < std::atoi(argv[6]); ++round) {
    for (Step& step : steps) {
      const auto begin = std::chrono::steady_clock::now();
      losses.push_back(train(model, vectors, step));
      seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    }
  }
  std::printf("%s\n", nlohmann::json({{"seconds", seconds}, {"losses", losses}}).dump().c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return gistmill::bench::program(argc, argv, "gist_step MODEL bf16|f32 GISTS THREADS LENGTHS.json ROUNDS",
                                  run);
}
