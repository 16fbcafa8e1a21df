// A training step on gist tokens: vectors train, alone or with low-rank adapters on every matrix of the
// model, which is frozen. Batches of eight texts, lengths as those of instructions (lengths.json: tokens
// before the gist, behind it, to be learned), padded on the left, gist mask, mean loss of what is to be
// learned, backward. Prints one line of JSON with the seconds of each step; tests/bench/peers/gist_step.py is
// the same in transformers (and PEFT), on the same ids.
//
//   gist_step MODEL bf16|f32 GISTS THREADS LENGTHS.json ROUNDS RANK    RANK: of the adapters; 0: none
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "host/machine/memory.hpp"
#include "plugins/loss/common/batch_loss.hpp"
#include "plugins/teacher/decoder/adapters.hpp"
#include "plugins/teacher/decoder/files/model_file.hpp"
#include "plugins/teacher/decoder/model.hpp"
#include "tests/bench/common/program.hpp"

namespace {

using gistmill::decoder::AdapterPart;
using gistmill::decoder::Batch;
using gistmill::decoder::Config;
using gistmill::decoder::Model;
using gistmill::decoder::PassMode;

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

// On every matrix, with the same numbers on both sides where PEFT draws them.
std::vector<AdapterPart> adapters_of(const Config& config, std::int64_t rank) {
  if (rank == 0) return {};
  std::vector<AdapterPart> parts =
      make_adapters(config, {rank, 2.0 * static_cast<double>(rank), adapter_targets(config)});
  for (AdapterPart& part : parts) {
    const std::int64_t columns = part.down.size(1);
    const at::Tensor place =
        at::arange(rank, at::kLong).unsqueeze(1) * 31 + at::arange(columns, at::kLong) * 17;
    part.down = (place.remainder(97) - 48).to(at::kFloat) / (48.0 * std::sqrt(static_cast<double>(columns)));
    part.down.requires_grad_(true);
    part.up.requires_grad_(true);
  }
  return parts;
}

// trained: the vectors f32[G, D], then what else trains. -> the loss
double train(const Model& model, const std::vector<at::Tensor>& trained, Step& step) {
  step.batch.gist = trained.front().unsqueeze(0).expand({step.batch.ids.size(0), -1, -1});
  PassMode mode;
  mode.gradients = trained.size() > 1;
  const at::Tensor hidden = model.hidden(step.batch, mode);
  const auto loss =
      gistmill::loss::batch_loss({hidden, model.head()}, step.batch.ids, step.counts, {}, {}).loss;
  const auto gradients = ::torch::autograd::grad({loss}, trained);
  const at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < trained.size(); ++i) trained[i].detach().sub_(gradients[i], 1e-4);
  return loss.item<double>();
}

int run(char** argv) {
  gistmill::keep_freed_memory();  // as the host does
  at::set_num_threads(std::atoi(argv[4]));
  const auto file = gistmill::decoder::open_model(argv[1], {"llama"});
  const at::ScalarType dtype = std::string(argv[2]) == "bf16" ? at::kBFloat16 : at::kFloat;
  auto weights = load_weights(file->config(), file, dtype);
  const std::vector<AdapterPart> adapters = adapters_of(file->config(), std::atol(argv[7]));
  attach(adapters, file->config(), weights);
  const Model model(file->config(), std::move(weights), {}, 32);
  const std::int64_t gists = std::atol(argv[3]);
  std::vector<Step> steps = steps_of(argv[5], gists);
  std::vector<at::Tensor> trained{model.scale().first.expand({gists, -1}).clone().requires_grad_(true)};
  for (const AdapterPart& part : adapters) trained.insert(trained.end(), {part.down, part.up});
  train(model, trained, steps.front());  // warms up
  std::vector<double> seconds;
  std::vector<double> losses;
  for (int round = 0; round < std::atoi(argv[6]); ++round) {
    for (Step& step : steps) {
      const auto begin = std::chrono::steady_clock::now();
      losses.push_back(train(model, trained, step));
      seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    }
  }
  std::printf("%s\n", nlohmann::json({{"seconds", seconds}, {"losses", losses}}).dump().c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return gistmill::bench::program(argc, argv,
                                  "gist_step MODEL bf16|f32 GISTS THREADS LENGTHS.json ROUNDS RANK", run);
}
