// Measures a training step of lensnet/dual-cross with loss/lens, forward and backward, on contexts of made-up
// numbers, and prints one line of JSON.
//
//   lensnet [--contexts 16] [--entries 8192] [--hidden 576] [--width 512] [--stacks 2] [--steps 3] [--threads
//   N]
//
// tests/bench/peers/lensnet_step.py does the same work in plain torch. malloc's thresholds as the host raises
// them.
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "host/machine/memory.hpp"
#include "plugins/lensnet/dual-cross/contexts.hpp"
#include "plugins/lensnet/dual-cross/network.hpp"
#include "plugins/loss/lens/parts.hpp"

namespace {

using Clock = std::chrono::steady_clock;
namespace focus = gistmill::focus;
namespace lensnet = gistmill::lensnet;

constexpr std::int64_t kBlock = 32;

std::map<std::string, std::int64_t> settings_of(int count, char** words) {
  std::map<std::string, std::int64_t> settings = {{"--contexts", 16},
                                                  {"--entries", 8192},
                                                  {"--hidden", 576},
                                                  {"--width", 512},
                                                  {"--stacks", 2},
                                                  {"--steps", 3},
                                                  {"--threads", at::get_num_threads()}};
  for (int i = 1; i + 1 < count; i += 2) {
    if (!settings.contains(words[i])) throw std::invalid_argument(std::string("unknown option ") + words[i]);
    settings[words[i]] = std::stoll(words[i + 1]);
  }
  return settings;
}

// Contexts of gists of level 1: every one can be expanded, and collapsed with its siblings, so all have
// labels and the pairs are as many as they can be.
class Work {
 public:
  explicit Work(std::map<std::string, std::int64_t> settings) {
    const std::int64_t contexts = settings["--contexts"], entries = settings["--entries"];
    shape_.hidden = settings["--hidden"];
    shape_.width = settings["--width"];
    shape_.stacks = settings["--stacks"];
    counts_.assign(static_cast<std::size_t>(contexts), static_cast<std::int32_t>(entries));
    cursors_.assign(static_cast<std::size_t>(contexts), static_cast<std::int32_t>(entries * kBlock));
    levels_.assign(static_cast<std::size_t>(contexts * entries), 1);
    for (std::int64_t i = 0; i < contexts * entries; ++i)
      starts_.push_back(static_cast<std::int32_t>(i % entries * kBlock));
    contexts_ = std::make_unique<focus::ContextBatch>(
        focus::BatchArrays{kBlock, counts_.data(), cursors_.data(), nullptr, nullptr, counts_.size(),
                           levels_.data(), starts_.data(), levels_.size()});
    const auto generator = at::make_generator<at::CPUGeneratorImpl>(1);
    utilities_ = at::empty({contexts * entries, 2}).normal_(0, 0.01, generator);
    batch_ = std::make_shared<lensnet::Batch>();
    batch_->counts.assign(static_cast<std::size_t>(contexts), entries);
    batch_->vectors = at::empty({contexts * entries, shape_.hidden}).normal_(0, 0.1, generator);
    batch_->levels = at::ones({contexts * entries}, at::kLong);
    batch_->features = lensnet::features_of(*contexts_);
    for (std::int64_t i = 0; i < contexts; ++i) {
      batch_->tails.push_back(at::empty({shape_.tail, shape_.hidden}).normal_(0, 0.1, generator));
      batch_->places.push_back(at::arange(shape_.tail, at::kLong));
    }
    const gistmill::torch::Builder build(
        [this](const std::string&, const at::Tensor& initial, std::uint32_t) {
          parameters_.push_back(initial.requires_grad_(true));
          return parameters_.back();
        },
        generator);
    network_ = std::make_unique<lensnet::Network>(shape_, build);
    const at::NoGradGuard no_grad;
    for (at::Tensor& parameter : parameters_)
      parameter.add_(at::empty_like(parameter).normal_(0, 0.02, generator));
  }

  // Seconds of the network's passes, and of the loss.
  std::pair<double, double> step() {
    const auto begin = Clock::now();
    const at::Tensor scores = (*network_)(batch_);
    const auto scored = Clock::now();
    const gistmill::lens::Parts parts = gistmill::lens::parts_of(*contexts_, scores.const_data_ptr<float>(),
                                                                 static_cast<std::size_t>(scores.numel()),
                                                                 utilities_.const_data_ptr<float>(), {}, {});
    at::Tensor gradient = at::empty({scores.numel()}, at::kDouble);
    for (std::int64_t i = 0; i < scores.numel(); ++i) {
      const auto at = static_cast<std::size_t>(i);
      gradient.mutable_data_ptr<double>()[i] = parts.mse.gradient[at] + 0.5 * parts.ranking.gradient[at] +
                                               0.1 * parts.balance.gradient[at] +
                                               0.3 * parts.legality.gradient[at];
    }
    const auto judged = Clock::now();
    torch::autograd::grad({scores}, parameters_, {gradient.to(at::kFloat)});
    const auto end = Clock::now();
    const auto seconds = [](Clock::duration span) { return std::chrono::duration<double>(span).count(); };
    return {seconds((scored - begin) + (end - judged)), seconds(judged - scored)};
  }

 private:
  lensnet::Shape shape_;
  std::vector<std::int32_t> counts_, cursors_, levels_, starts_;
  std::unique_ptr<focus::ContextBatch> contexts_;
  std::shared_ptr<lensnet::Batch> batch_;
  at::Tensor utilities_;
  std::vector<at::Tensor> parameters_;
  std::unique_ptr<lensnet::Network> network_;
};

}  // namespace

int main(int count, char** words) {
  try {
    std::map<std::string, std::int64_t> settings = settings_of(count, words);
    gistmill::keep_freed_memory();
    at::set_num_threads(static_cast<int>(settings["--threads"]));
    Work work(settings);
    const std::uint64_t before = gistmill::resident_bytes();
    work.step();
    std::vector<double> network, loss, seconds;
    for (std::int64_t i = 0; i < settings["--steps"]; ++i) {
      const auto [net, judging] = work.step();
      network.push_back(net);
      loss.push_back(judging);
      seconds.push_back(net + judging);
    }
    const auto median = [](std::vector<double> values) {
      std::sort(values.begin(), values.end());
      return values[values.size() / 2];
    };
    const nlohmann::json found = {{"seconds", seconds},
                                  {"median_seconds", median(seconds)},
                                  {"network_seconds", median(network)},
                                  {"loss_seconds", median(loss)},
                                  {"bytes", gistmill::peak_memory_bytes() - before}};
    std::printf("%s\n", found.dump().c_str());
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
