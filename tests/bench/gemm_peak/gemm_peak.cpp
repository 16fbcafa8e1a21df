// The fastest that ATen multiplies matrices on this machine: what the table's shares of peak are shares of.
// Tries shapes of this model's kind and large square ones, with the right matrix as it lies and transposed,
// and prints the best sustained rate as JSON.
//
//   gemm_peak bf16|f32 [threads]
#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Shape {
  std::int64_t m, n, k;
};

// A thousand rows through the matrices of a model of 135 million parameters, and what flatters a library
// most.
constexpr Shape kShapes[] = {{1024, 1536, 576},  {4096, 1536, 576},  {4096, 576, 1536}, {1024, 49152, 576},
                             {1024, 4096, 4096}, {2048, 2048, 2048}, {4096, 4096, 4096}};
constexpr double kSeconds = 0.4;  // a shape

// Median over repeats, GFLOP/s.
double rate(const at::Tensor& a, const at::Tensor& b, at::Tensor& out) {
  at::mm_out(out, a, b);
  const double flops = 2.0 * static_cast<double>(a.size(0) * a.size(1) * b.size(1));
  std::vector<double> rates;
  const auto begin = Clock::now();
  while (rates.size() < 3 || Clock::now() - begin < std::chrono::duration<double>(kSeconds)) {
    const auto start = Clock::now();
    at::mm_out(out, a, b);
    rates.push_back(flops / std::chrono::duration<double>(Clock::now() - start).count() / 1e9);
  }
  std::nth_element(rates.begin(), rates.begin() + static_cast<std::ptrdiff_t>(rates.size() / 2), rates.end());
  return rates[rates.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const std::string dtype = argc > 1 ? argv[1] : "";
  if (argc > 3 || (dtype != "bf16" && dtype != "f32")) {
    std::fprintf(stderr, "usage: gemm_peak bf16|f32 [threads]\n");
    return 2;
  }
  if (argc > 2) at::set_num_threads(std::atoi(argv[2]));
  const auto options = at::TensorOptions(dtype == "bf16" ? at::kBFloat16 : at::kFloat);
  double best = 0;
  std::string shape;
  for (const auto& [m, n, k] : kShapes) {
    const at::Tensor a = at::randn({m, k}).to(options);
    const at::Tensor weight = at::randn({n, k}).to(options);  // as a linear layer keeps it
    at::Tensor out = at::empty({m, n}, options);
    for (const bool transposed : {true, false}) {
      const double found = rate(a, transposed ? weight.t() : weight.t().contiguous(), out);
      if (found <= best) continue;
      best = found;
      shape = std::to_string(m) + " x " + std::to_string(k) + " by " + std::to_string(k) + " x " +
              std::to_string(n) + (transposed ? ", transposed" : "");
    }
  }
  std::printf("{\"gflops\": %.1f, \"shape\": \"%s\", \"threads\": %d}\n", best, shape.c_str(),
              at::get_num_threads());
  return 0;
}
