// Measures head + loss, forward and backward, against the same written with ATen's log-softmax: delta-NLL,
// KL, and delta-NLL whose original pass is known (a later epoch), which the plain way saves the head product
// of too. Twice: as a process comes, and with malloc's thresholds raised as the host raises them.
//
//   head_loss [--dtype bf16|f32] [--rows 1024] [--threads N] [--rounds 5] [--json FILE]
//
// D = 576, V = 49152. Rounds are interleaved; times are medians. Says the most memory that each way took
// beyond its inputs, and how far its NLLs are from f64.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "host/machine/memory.hpp"
#include "plugins/loss/substitution/substitution.hpp"
#include "tests/bench/common/loss_bench.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;
namespace substitution = gistmill::substitution;
using gistmill::bench::median;
using gistmill::bench::Settings;

constexpr std::int64_t kHidden = 576;
constexpr std::int64_t kVocabulary = 49152;
constexpr std::int64_t kHorizon = 64;

struct Problem {
  at::Tensor replaced;  // [K, H, D], requires a gradient
  at::Tensor original;
  substitution::Targets targets;
};

// Logits of about the size that the model has: the most probable token stands out.
Problem make(const Settings& settings) {
  at::manual_seed(1);
  const std::int64_t horizon = std::min(kHorizon, settings.rows);
  const std::int64_t spans = settings.rows / horizon;
  const at::Tensor original = at::randn({spans, horizon, kHidden});
  const at::Tensor replaced = original + 0.3 * at::randn_like(original);
  Problem problem;
  problem.original = original.to(settings.dtype);
  problem.replaced = replaced.to(settings.dtype).requires_grad_(true);
  problem.targets.head = (at::randn({kVocabulary, kHidden}) * 0.15).to(settings.dtype);
  problem.targets.ids = at::randint(0, kVocabulary, {spans, horizon}, at::kInt);
  problem.targets.mask = at::ones({spans, horizon});
  return problem;
}

// ---- as anyone would write it ----
at::Tensor log_probabilities(const at::Tensor& hidden, const at::Tensor& head) {
  return at::log_softmax(at::linear(hidden.flatten(0, 1), head).to(at::kFloat), 1);
}
at::Tensor chosen_nll(const at::Tensor& log_probability, const Problem& problem) {
  const at::Tensor ids = problem.targets.ids.flatten().to(at::kLong).unsqueeze(1);
  return -log_probability.gather(1, ids).squeeze(1);
}
at::Tensor plain_nll(const Problem& problem, const at::Tensor& nll_original) {
  return (chosen_nll(log_probabilities(problem.replaced, problem.targets.head), problem) - nll_original)
      .mean();
}
at::Tensor plain_nll_of_original(const Problem& problem) {
  const at::NoGradGuard no_grad;
  return chosen_nll(log_probabilities(problem.original, problem.targets.head), problem);
}
at::Tensor plain_kl(const Problem& problem) {
  at::Tensor log_q;
  {
    const at::NoGradGuard no_grad;
    log_q = log_probabilities(problem.original, problem.targets.head);
  }
  const at::Tensor log_p = log_probabilities(problem.replaced, problem.targets.head);
  return at::kl_div(log_p, log_q, at::Reduction::Sum, /*log_target=*/true) / log_p.size(0);
}

struct Work {
  std::string name;
  double flops;  // of the products that cannot be left out
  std::function<at::Tensor()> plain, ours;
};

std::vector<Work> works(const Problem& problem, std::int64_t rows) {
  const double product = 2.0 * static_cast<double>(rows) * kHidden * kVocabulary;
  const at::Tensor known = substitution::negative_log_likelihood(problem.original, problem.targets);
  return {
      {"delta-nll", 3 * product, [&problem] { return plain_nll(problem, plain_nll_of_original(problem)); },
       [&problem] {
         const at::Tensor nll = substitution::negative_log_likelihood(problem.original, problem.targets);
         return substitution::delta_nll(problem.replaced, nll, problem.targets).loss;
       }},
      {"delta-nll, original known", 2 * product,
       [&problem, known] { return plain_nll(problem, known.flatten()); },
       [&problem, known] { return substitution::delta_nll(problem.replaced, known, problem.targets).loss; }},
      {"kl", 3 * product, [&problem] { return plain_kl(problem); },
       [&problem] {
         const auto original = substitution::original(problem.original, problem.targets, 1);
         return substitution::divergence(problem.replaced, original, problem.targets, 1).loss;
       }},
  };
}

double seconds_of(const std::function<at::Tensor()>& loss, const at::Tensor& leaf) {
  const auto begin = Clock::now();
  torch::autograd::grad({loss()}, {leaf});
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// FLOP/s of a large product of this dtype, the best of the rounds: what the machine gives while this runs.
class Peak {
 public:
  explicit Peak(at::ScalarType dtype) : factor_(at::randn({kSide, kSide}).to(dtype)) {}
  void round() {
    const at::NoGradGuard no_grad;
    const auto begin = Clock::now();
    at::mm(factor_, factor_);
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    best_ = std::max(best_, 2.0 * kSide * kSide * kSide / seconds);
  }
  double best() const { return best_; }

 private:
  static constexpr std::int64_t kSide = 2048;
  at::Tensor factor_;
  double best_ = 0;
};

json measure(const Work& work, const Problem& problem, const Settings& settings, const std::string& memory) {
  Peak peak(settings.dtype);
  std::vector<double> plain, ours;
  for (int round = 0; round < settings.rounds; ++round) {
    peak.round();
    ours.push_back(seconds_of(work.ours, problem.replaced));
    plain.push_back(seconds_of(work.plain, problem.replaced));
  }
  const double ratio = median(plain) / median(ours);
  const double rate = work.flops / median(ours);
  std::printf("%-26s %-18s plain %.3f s, ours %.3f s: %.2f times; %.0f GFLOP/s, %.0f %% of %.0f\n",
              work.name.c_str(), memory.c_str(), median(plain), median(ours), ratio, rate / 1e9,
              100 * rate / peak.best(), peak.best() / 1e9);
  std::fflush(stdout);
  return {{"work", work.name},        {"malloc", memory},
          {"plain_seconds", plain},   {"ours_seconds", ours},
          {"ratio", ratio},           {"flops", work.flops},
          {"flops_per_second", rate}, {"peak_flops_per_second", peak.best()}};
}

// Mean distance of NLLs from those of the same factors in f64, over a few rows.
json measure_precision(const Problem& problem) {
  const at::NoGradGuard no_grad;
  constexpr std::int64_t kRows = 64;
  const auto few = [](const at::Tensor& values) { return values.narrow(0, 0, kRows).to(at::kDouble); };
  const at::Tensor logits =
      at::mm(few(problem.original.flatten(0, 1)), problem.targets.head.to(at::kDouble).t());
  const at::Tensor ids = problem.targets.ids.flatten().narrow(0, 0, kRows).to(at::kLong).unsqueeze(1);
  const at::Tensor exact = logits.logsumexp(1) - logits.gather(1, ids).squeeze(1);
  const auto distance = [&](const at::Tensor& found) {
    return (few(found.flatten()) - exact).abs().mean().item<double>();
  };
  const double ours = distance(substitution::negative_log_likelihood(problem.original, problem.targets));
  const double plain = distance(plain_nll_of_original(problem));
  std::printf("mean distance of an NLL from f64: ours %.1e, plain %.1e nats\n", ours, plain);
  return {{"ours_nats", ours}, {"plain_nats", plain}};
}

Settings settings_of(int argc, char** argv) {
  constexpr const char* kUsage =
      "usage: head_loss [--dtype bf16|f32] [--rows 1024] [--threads N] [--rounds 5] [--json FILE]; rows are "
      "a "
      "multiple of 64";
  Settings settings = gistmill::bench::parse(argc, argv, Settings(), kUsage);
  if (settings.rows % kHorizon != 0) throw std::invalid_argument(kUsage);
  return settings;
}

void run(const Settings& settings) {
  at::set_num_threads(settings.threads);
  const Problem problem = make(settings);
  const std::vector<Work> all = works(problem, settings.rows);
  json table = json::array();
  json result = {{"dtype", settings.dtype == at::kFloat ? "f32" : "bf16"},
                 {"rows", settings.rows},
                 {"threads", settings.threads},
                 {"memory", gistmill::bench::measure_memory(
                                all.front().name, [&] { seconds_of(all.front().ours, problem.replaced); },
                                [&] { seconds_of(all.front().plain, problem.replaced); })},
                 {"precision", measure_precision(problem)}};
  for (const Work& work : all) table.push_back(measure(work, problem, settings, "default malloc"));
  gistmill::keep_freed_memory();
  for (const Work& work : all) table.push_back(measure(work, problem, settings, "freed memory kept"));
  result["table"] = table;
  gistmill::bench::write(settings, result);
}

}  // namespace

int main(int argc, char** argv) {
  return gistmill::bench::exit_code_of([&] { run(settings_of(argc, argv)); });
}
