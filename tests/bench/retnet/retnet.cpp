// Measures student/retnet by itself, and prints one line of JSON.
//
//   retnet layers [--length 2048] [--chunk 64] [--steps 5]    the stack of layers, forward and backward
//   retnet generate [--length 65536]                           tokens one by one: time and memory as they go
//
// Both: [--width 512] [--layers 8] [--heads 8] [--threads N], and [--bf16 1] for products in
// bf16, else f32. malloc's thresholds as the host raises
// them.
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <exception>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "host/machine/memory.hpp"
#include "plugins/student/retnet/model.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using gistmill::retnet::Config;
using gistmill::retnet::Model;
using nlohmann::json;

constexpr std::int64_t kVocabulary = 256;  // the embedding costs next to nothing
constexpr std::int64_t kWindow = 1024;     // generated tokens whose time is taken together

struct Settings {
  std::string work;
  std::int64_t length = 0;
  std::int64_t chunk = 64;
  std::int64_t width = 512;
  std::int64_t layers = 8;
  std::int64_t heads = 8;
  std::int64_t steps = 5;
  bool half = false;
  int threads = at::get_num_threads();
};

struct Student {
  explicit Student(const Settings& settings) {
    Config config;
    config.vocabulary = kVocabulary;
    config.layers = settings.layers;
    config.width = settings.width;
    config.heads = settings.heads;
    config.value_width = config.feed_forward = 2 * settings.width;
    config.chunk = settings.chunk;
    config.half = settings.half;
    const gistmill::torch::Builder build(
        [this](const std::string&, const at::Tensor& initial, std::uint32_t) {
          parameters.push_back(initial.requires_grad_(true));
          return parameters.back();
        },
        at::make_generator<at::CPUGeneratorImpl>(1));
    auto weights = gistmill::retnet::make_weights(config, build);
    model = std::make_unique<const Model>(config, std::move(weights));
  }
  std::vector<at::Tensor> parameters;
  std::unique_ptr<const Model> model;
};

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

json measure_layers(const Settings& settings) {
  const Student student(settings);
  const at::Tensor ids = at::remainder(at::arange(settings.length) * 7919, kVocabulary).unsqueeze(0);
  const at::Tensor given = at::ones({1, settings.length, settings.width});
  const auto step = [&] {
    const auto begin = Clock::now();
    torch::autograd::grad({student.model->hidden(ids)}, student.parameters, {given}, /*retain_graph=*/false,
                          /*create_graph=*/false, /*allow_unused=*/true);
    return seconds_since(begin);
  };
  const std::uint64_t before = gistmill::resident_bytes();
  std::vector<double> seconds;
  step();
  const std::clock_t begin = std::clock();
  for (std::int64_t i = 0; i < settings.steps; ++i) seconds.push_back(step());
  const double processor = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  return {{"tokens_per_second", static_cast<double>(settings.length) / median(seconds)},
          {"seconds", seconds},
          {"processor_seconds", processor / static_cast<double>(settings.steps)},
          {"bytes", gistmill::peak_memory_bytes() - before}};
}

json measure_generation(const Settings& settings) {
  const at::NoGradGuard no_grad;
  const Student student(settings);
  gistmill::retnet::State state;
  at::Tensor next = at::zeros({1, 1}, at::kLong);
  json windows = json::array();
  for (std::int64_t first = 0; first < settings.length; first += kWindow) {
    const auto begin = Clock::now();
    for (std::int64_t i = 0; i < std::min(kWindow, settings.length - first); ++i) {
      next = student.model->logits(student.model->extend(next, {}, state).select(1, 0)).argmax(-1, true);
    }
    windows.push_back(
        {{"from", first}, {"seconds", seconds_since(begin)}, {"resident_bytes", gistmill::resident_bytes()}});
  }
  return {{"windows", windows}};
}

Settings read(int count, char** words) {
  Settings settings;
  settings.work = count > 1 ? words[1] : "";
  if (settings.work != "layers" && settings.work != "generate") {
    throw std::invalid_argument("usage: retnet layers|generate [--length N] ..");
  }
  settings.length = settings.work == "layers" ? 2048 : 65536;
  for (int i = 2; i + 1 < count; i += 2) {
    const std::string name = words[i];
    const std::int64_t value = std::stoll(words[i + 1]);
    if (name == "--length")
      settings.length = value;
    else if (name == "--chunk")
      settings.chunk = value;
    else if (name == "--width")
      settings.width = value;
    else if (name == "--layers")
      settings.layers = value;
    else if (name == "--heads")
      settings.heads = value;
    else if (name == "--steps")
      settings.steps = value;
    else if (name == "--bf16")
      settings.half = value != 0;
    else if (name == "--threads")
      settings.threads = static_cast<int>(value);
    else
      throw std::invalid_argument("unknown option " + name);
  }
  return settings;
}

}  // namespace

int main(int count, char** words) try {
  const Settings settings = read(count, words);
  at::set_num_threads(settings.threads);
  gistmill::keep_freed_memory();
  const json found = settings.work == "layers" ? measure_layers(settings) : measure_generation(settings);
  std::printf("%s\n", found.dump().c_str());
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 2;
}
