// Measures the teacher's part of a training step on the real model: read, original, resume forward and
// backward, with a plain NLL over the whole vocabulary as the loss. Prints the time of each part and spans a
// second. Not the product's loss, compressor or optimizer.
//
//   teacher_resume MODEL.gguf [bf16|f32] [threads] [T H K]
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <malloc.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <string>

#include "plugins/teacher/decoder/attention/tiles.hpp"
#include "plugins/teacher/decoder/files/model_file.hpp"
#include "plugins/teacher/decoder/model.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using gistmill::decoder::Model;

// Seconds of named parts, the best of all rounds each.
class Parts {
 public:
  template <class Body>
  auto time(const char* name, Body&& body) {
    const auto begin = Clock::now();
    auto result = body();
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    const auto [place, fresh] = best_.emplace(name, seconds);
    if (!fresh) place->second = std::min(place->second, seconds);
    return result;
  }
  double operator[](const char* name) const { return best_.at(name); }

 private:
  std::map<std::string, double> best_;
};

// Sum of the NLLs of targets [K, H] given rows [K, H, D].
at::Tensor nll(const at::Tensor& rows, const at::Tensor& head, const at::Tensor& targets) {
  const at::Tensor logits = at::linear(rows.flatten(0, 1), head).to(at::kFloat);
  const at::Tensor chosen = logits.gather(1, targets.flatten().to(at::kLong).unsqueeze(1)).squeeze(1);
  return (logits.logsumexp(1) - chosen).sum();
}

void measure(const Model& model, std::int64_t length, std::int64_t horizon, std::int64_t spans) {
  constexpr int kRounds = 4;
  constexpr std::int64_t kSpan = 32;
  const at::Tensor tokens = at::randint(17, model.config().vocabulary, {length}, at::kInt);
  const std::int64_t first = length / 4;  // prefixes as training has them
  const at::Tensor starts =
      (first + at::arange(spans, at::kLong) * (length - kSpan - horizon - first) / spans).to(at::kInt);
  const at::Tensor offsets = at::full({spans, 1}, kSpan - 1, at::kInt);
  const at::Tensor places = starts.to(at::kLong).unsqueeze(1) + at::arange(kSpan, kSpan + horizon, at::kLong);
  const at::Tensor targets = tokens.index_select(0, places.flatten()).view({spans, horizon});
  Parts parts;
  for (int round = 0; round < kRounds; ++round) {
    parts.time("step", [&] {
      const auto context = parts.time("read", [&] { return model.read(tokens); });
      const at::Tensor gist =
          model.embed(tokens, starts).narrow(1, kSpan - 1, 1).clone().requires_grad_(true);
      const at::Tensor original = model.original(*context, starts, horizon);
      const at::Tensor replaced =
          parts.time("resume", [&] { return model.resume(*context, starts, gist, offsets, horizon); });
      const at::Tensor loss = parts.time("loss", [&] {
        const at::NoGradGuard no_grad;
        return nll(original, model.head(), targets);
      });
      const at::Tensor leaf = replaced.detach().requires_grad_(true);
      const at::Tensor grad = parts.time("loss and gradient", [&] {
        return torch::autograd::grad({nll(leaf, model.head(), targets)}, {leaf})[0];
      });
      return parts.time("backward", [&] { return torch::autograd::grad({replaced}, {gist}, {grad})[0]; });
    });
  }
  const double teacher = parts["read"] + parts["resume"] + parts["backward"];
  std::printf(
      "T %5ld H %4ld K %3ld: read %.3f s, resume %.3f, backward %.3f, loss original %.3f, loss and gradient "
      "%.3f | "
      "step %.3f s = %.2f spans/s; without losses %.2f spans/s\n",
      static_cast<long>(length), static_cast<long>(horizon), static_cast<long>(spans), parts["read"],
      parts["resume"], parts["backward"], parts["loss"], parts["loss and gradient"], parts["step"],
      static_cast<double>(spans) / parts["step"], static_cast<double>(spans) / teacher);
}

int run(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: teacher_resume MODEL.gguf [bf16|f32] [threads] [T H K]\n");
    return 2;
  }
  // As the host does: large blocks are kept instead of faulted in anew at every step.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 2000000000);
  mallopt(M_TOP_PAD, 64 << 20);
  const bool bf16 = argc > 2 ? std::string(argv[2]) == "bf16" : gistmill::decoder::tiles::native_bf16();
  if (argc > 3) at::set_num_threads(std::atoi(argv[3]));
  const auto begin = Clock::now();
  const auto file = gistmill::decoder::open_model(argv[1], {"llama"});
  const Model model(file->config(), load_weights(file->config(), file, bf16 ? at::kBFloat16 : at::kFloat),
                    {4, 8, 12, 16, 20, 24, 30}, 32);
  std::printf("%s, %d threads, loaded in %.2f s\n", bf16 ? "bf16" : "f32", at::get_num_threads(),
              std::chrono::duration<double>(Clock::now() - begin).count());
  if (argc > 6) {
    measure(model, std::atol(argv[4]), std::atol(argv[5]), std::atol(argv[6]));
    return 0;
  }
  measure(model, 1024, 64, 16);
  measure(model, 1024, 32, 16);
  measure(model, 1024, 8, 64);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "%s\n", failure.what());
    return 1;
  }
}
