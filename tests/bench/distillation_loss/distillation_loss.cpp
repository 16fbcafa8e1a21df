// Measures a distillation loss from hidden rows, forward and backward, against the same written with ATen's
// log-softmax and gather through autograd: with the head frozen, and with its gradient. Twice: as a process
// comes, and with malloc's thresholds raised as the host raises them.
//
//   distillation_loss [--dtype f32|bf16] [--rows 1024] [--tokens 64] [--threads N] [--rounds 5] [--json FILE]
//
// D = 576, V = 49152, alpha 0.2, temperature 2. Rounds are interleaved; times are medians. Says the most
// memory that each way took beyond its inputs.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <functional>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "host/machine/memory.hpp"
#include "plugins/loss/common/batch_loss.hpp"
#include "tests/bench/common/loss_bench.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;
namespace loss = gistmill::loss;
using gistmill::bench::median;
using gistmill::bench::Settings;

constexpr std::int64_t kHidden = 576;
constexpr std::int64_t kVocabulary = 49152;
constexpr double kAlpha = 0.2;
constexpr double kTemperature = 2;

struct Problem {
  at::Tensor hidden;  // [1, rows + 1, D], requires a gradient
  at::Tensor head;    // [V, D]
  at::Tensor ids;     // i32 [1, rows + 1]
  loss::Teacher teacher;
};

Problem make(const Settings& settings, bool head_trains) {
  at::manual_seed(1);
  const std::int64_t length = settings.rows + 1;
  Problem problem;
  problem.hidden = at::randn({1, length, kHidden}).to(settings.dtype).requires_grad_(true);
  problem.head = (at::randn({kVocabulary, kHidden}) * 0.15).to(settings.dtype).requires_grad_(head_trains);
  problem.ids = at::randint(0, kVocabulary, {1, length}, at::kInt);
  // Tokens at even distances from a random one; probabilities of which half are the teacher's most probable.
  const at::Tensor first = at::randint(0, kVocabulary, {length, 1}, at::kLong);
  const at::Tensor steps = at::arange(settings.tokens, at::kLong) * (kVocabulary / settings.tokens);
  const at::Tensor log_q = at::log_softmax(at::randn({length, 2 * settings.tokens}), 1);
  problem.teacher = {at::remainder(first + steps, kVocabulary).to(at::kInt).unsqueeze(0),
                     log_q.narrow(1, 0, settings.tokens).contiguous().unsqueeze(0)};
  return problem;
}

at::Tensor ours(const Problem& problem) {
  return loss::batch_loss({problem.hidden, problem.head}, problem.ids, std::nullopt, problem.teacher,
                          {kAlpha, kTemperature, loss::Direction::forward})
      .loss;
}

// As anyone would write it.
at::Tensor plain(const Problem& problem) {
  const std::int64_t rows = problem.ids.size(1) - 1;
  const at::Tensor logits = at::linear(problem.hidden[0].narrow(0, 0, rows), problem.head).to(at::kFloat);
  const at::Tensor targets = problem.ids[0].narrow(0, 1, rows).to(at::kLong);
  const at::Tensor nll = at::cross_entropy_loss(logits, targets);
  const at::Tensor log_p = at::log_softmax(logits / kTemperature, 1);
  const at::Tensor log_p_top = log_p.gather(1, problem.teacher.ids[0].narrow(0, 0, rows).to(at::kLong));
  const at::Tensor log_q_top = problem.teacher.log_probability[0].narrow(0, 0, rows);
  const at::Tensor q_top = log_q_top.exp();
  const at::Tensor q_tail = (1 - q_top.sum(1)).clamp_min(1e-10);
  const at::Tensor log_p_tail = at::log1p(-log_p_top.exp().sum(1).clamp_max(1 - 1e-7));
  const at::Tensor kl = (q_top * (log_q_top - log_p_top)).sum(1) + q_tail * (q_tail.log() - log_p_tail);
  return kAlpha * nll + (1 - kAlpha) * kTemperature * kTemperature * kl.mean();
}

std::vector<at::Tensor> leaves(const Problem& problem) {
  if (!problem.head.requires_grad()) return {problem.hidden};
  return {problem.hidden, problem.head};
}

// What passed, and what all threads computed: on a machine that does other work, only the latter is the
// loss's.
struct Seconds {
  double wall, processor;
};
Seconds seconds_of(const std::function<at::Tensor(const Problem&)>& way, const Problem& problem) {
  const auto begin = Clock::now();
  const std::clock_t processor = std::clock();
  torch::autograd::grad({way(problem)}, leaves(problem));
  return {std::chrono::duration<double>(Clock::now() - begin).count(),
          static_cast<double>(std::clock() - processor) / CLOCKS_PER_SEC};
}

json measure(const Problem& problem, const Settings& settings, const std::string& memory) {
  const std::string name = problem.head.requires_grad() ? "head trains" : "head frozen";
  std::vector<double> plain_seconds, our_seconds, plain_processor, our_processor;
  for (int round = 0; round < settings.rounds; ++round) {
    const Seconds our = seconds_of(ours, problem);
    const Seconds other = seconds_of(plain, problem);
    our_seconds.push_back(our.wall);
    our_processor.push_back(our.processor);
    plain_seconds.push_back(other.wall);
    plain_processor.push_back(other.processor);
  }
  const double ratio = median(plain_seconds) / median(our_seconds);
  const double processor_ratio = median(plain_processor) / median(our_processor);
  const double products = problem.head.requires_grad() ? 3 : 2;
  const double flops = products * 2.0 * static_cast<double>(settings.rows) * kHidden * kVocabulary;
  std::printf(
      "%-12s %-18s plain %.3f s, ours %.3f s: %.2f times; processor %.3f s, %.3f s: %.2f times, %.0f "
      "GFLOP/s\n",
      name.c_str(), memory.c_str(), median(plain_seconds), median(our_seconds), ratio,
      median(plain_processor), median(our_processor), processor_ratio, flops / median(our_processor) / 1e9);
  std::fflush(stdout);
  return {{"work", name},
          {"malloc", memory},
          {"plain_seconds", plain_seconds},
          {"ours_seconds", our_seconds},
          {"ratio", ratio},
          {"plain_processor_seconds", plain_processor},
          {"ours_processor_seconds", our_processor},
          {"processor_ratio", processor_ratio},
          {"flops", flops}};
}

Settings settings_of(int argc, char** argv) {
  constexpr const char* kUsage =
      "usage: distillation_loss [--dtype f32|bf16] [--rows 1024] [--tokens 64] [--threads N] [--rounds 5] "
      "[--json FILE]";
  Settings defaults;
  defaults.dtype = at::kFloat;
  defaults.tokens = 64;
  Settings settings = gistmill::bench::parse(argc, argv, defaults, kUsage);
  if (settings.tokens > kVocabulary) throw std::invalid_argument(kUsage);
  return settings;
}

void run(const Settings& settings) {
  at::set_num_threads(settings.threads);
  const Problem frozen = make(settings, false);
  const Problem trained = make(settings, true);
  json result = {
      {"dtype", settings.dtype == at::kFloat ? "f32" : "bf16"},
      {"rows", settings.rows},
      {"tokens", settings.tokens},
      {"threads", settings.threads},
      {"memory", gistmill::bench::measure_memory(
                     "head frozen", [&] { seconds_of(ours, frozen); }, [&] { seconds_of(plain, frozen); })}};
  json table = json::array();
  for (const Problem* problem : {&frozen, &trained})
    table.push_back(measure(*problem, settings, "default malloc"));
  gistmill::keep_freed_memory();
  for (const Problem* problem : {&frozen, &trained}) {
    table.push_back(measure(*problem, settings, "freed memory kept"));
  }
  result["table"] = table;
  gistmill::bench::write(settings, result);
}

}  // namespace

int main(int argc, char** argv) {
  return gistmill::bench::exit_code_of([&] { run(settings_of(argc, argv)); });
}
