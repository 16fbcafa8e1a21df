#include "plugins/teacher/decoder/low_rank.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <array>
#include <gistmill/products.hpp>

#include "gistmill/expect_shape.hpp"
#include "gistmill/vector_math.hpp"
#include "plugins/teacher/decoder/packed_linear.hpp"

namespace gistmill::decoder {
namespace {

using c10::BFloat16;
using ::torch::autograd::AutogradContext;
using ::torch::autograd::Function;
using ::torch::autograd::variable_list;

constexpr std::int64_t kRowsWorthAThread = 16;
constexpr std::int64_t kOutputsAtOnce = 256;  // their sums stay in the first cache

// One row: out += inner up, with inner f32[r] and up f32[r, outputs].
template <class T>
GISTMILL_INLINE void add_row_body(T* out, const float* inner, const float* up, std::int64_t rank,
                                  std::int64_t outputs) {
  std::array<float, kOutputsAtOnce> sums{};
  for (std::int64_t begin = 0; begin < outputs; begin += kOutputsAtOnce) {
    const std::int64_t count = std::min(kOutputsAtOnce, outputs - begin);
#pragma omp simd
    for (std::int64_t i = 0; i < count; ++i) sums[i] = as_float(out[begin + i]);
    for (std::int64_t k = 0; k < rank; ++k) {
      const float factor = inner[k];
      const float* row = up + k * outputs + begin;
#pragma omp simd
      for (std::int64_t i = 0; i < count; ++i) sums[i] += factor * row[i];
    }
#pragma omp simd
    for (std::int64_t i = 0; i < count; ++i) put(out[begin + i], sums[i]);
  }
}
GISTMILL_CLONES void add_row(float* out, const float* inner, const float* up, std::int64_t rank,
                             std::int64_t outputs) {
  add_row_body(out, inner, up, rank, outputs);
}
GISTMILL_CLONES void add_row(BFloat16* out, const float* inner, const float* up, std::int64_t rank,
                             std::int64_t outputs) {
  add_row_body(out, inner, up, rank, outputs);
}

// base[:, first:first + rows] += inner up^T; inner f32[n, r], up f32[rows, r].
template <class T>
void add_product(const at::Tensor& base, std::int64_t first, const at::Tensor& inner, const at::Tensor& up) {
  const at::Tensor columns = up.t().contiguous();  // f32[r, rows]
  const at::Tensor factors = inner.contiguous();
  const std::int64_t width = base.size(1);
  T* out = base.mutable_data_ptr<T>() + first;
  const float* in = factors.const_data_ptr<float>();
  at::parallel_for(0, base.size(0), kRowsWorthAThread, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      add_row(out + row * width, in + row * up.size(1), columns.const_data_ptr<float>(), up.size(1),
              up.size(0));
    }
  });
}

// Where each adapter's outputs begin, and its scale.
struct Places {
  std::vector<std::int64_t> firsts;
  std::vector<double> scales;
};

// Every adapter's down, one under the other: x is read once for all. f32[R, in].
at::Tensor stacked_downs(at::TensorList factors) {
  variable_list downs;
  for (std::size_t i = 0; i < factors.size(); i += 2) downs.push_back(factors[i]);
  return downs.size() == 1 ? downs[0].contiguous() : at::cat(downs);
}

// factors: down and up of each adapter, one behind the other. Adds everything to base, and gives x times the
// stacked downs: f32[n, R].
at::Tensor add_all(const at::Tensor& base, const at::Tensor& x, at::TensorList factors,
                   const Places& places) {
  at::Tensor inner = at::mm(x, stacked_downs(factors).t());
  std::int64_t begin = 0;
  for (std::size_t i = 0; i < places.firsts.size(); ++i) {
    const at::Tensor& up = factors[2 * i + 1];
    const at::Tensor scaled = inner.narrow(1, begin, up.size(1)) * places.scales[i];
    if (base.scalar_type() == at::kFloat) {
      add_product<float>(base, places.firsts[i], scaled, up);
    } else {
      add_product<BFloat16>(base, places.firsts[i], scaled, up);
    }
    begin += up.size(1);
  }
  return inner;
}

struct AddLowRank : Function<AddLowRank> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& base, const at::Tensor& x,
                            at::TensorList factors, const Places& places) {
    variable_list saved(factors.begin(), factors.end());
    saved.push_back(add_all(base, x, factors, places));
    saved.push_back(x);
    context->save_for_backward(saved);
    context->saved_data["firsts"] = places.firsts;
    context->saved_data["scales"] = places.scales;
    context->mark_dirty({base});
    return base;
  }

  // With y = base + s x down^T up^T and g = grad y: grad up = s g^T (x down^T), grad down = s (g up)^T x,
  // grad x = s g up down, grad base = g. A product is written with its narrow side first, or by oneDNN:
  // BLAS is ten times slower at some of these shapes the other way round (MKL 2026, AMD Zen 5).
  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const variable_list saved = context->get_saved_variables();
    const std::vector<std::int64_t> firsts = context->saved_data["firsts"].toIntVector();
    const std::vector<double> scales = context->saved_data["scales"].toDoubleVector();
    const at::TensorList factors(saved.data(), saved.size() - 2);
    const at::Tensor& inner = saved[saved.size() - 2];
    const at::Tensor& x = saved.back();
    const at::Tensor grad = grads[0].to(at::kFloat);
    const at::Tensor grad_inner = at::empty_like(inner);
    variable_list result(2 + factors.size() + 1);  // the last: of the places
    result[0] = grads[0];
    std::int64_t begin = 0;
    bool trains = false;
    for (std::size_t i = 0; i < firsts.size(); ++i) {
      trains = trains || context->needs_input_grad(2 + 2 * i);
      const at::Tensor& up = factors[2 * i + 1];
      const auto own_ranks = [&](const at::Tensor& all) { return all.narrow(1, begin, up.size(1)); };
      const at::Tensor own = grad.narrow(1, firsts[i], up.size(0));
      own_ranks(grad_inner).copy_(unpacked_linear(own, up.t()).mul_(scales[i]));
      if (context->needs_input_grad(3 + 2 * i)) {
        result[3 + 2 * i] = at::mm(own_ranks(inner).t(), own).mul_(scales[i]).t().contiguous();
      }
      begin += up.size(1);
    }
    const at::Tensor grad_downs = trains ? at::mm(grad_inner.t(), x) : at::Tensor();
    begin = 0;
    for (std::size_t i = 0; i < firsts.size() && trains; ++i) {
      result[2 + 2 * i] = grad_downs.narrow(0, begin, factors[2 * i].size(0));
      begin += factors[2 * i].size(0);
    }
    if (context->needs_input_grad(1)) result[1] = at::mm(grad_inner, stacked_downs(factors));
    return result;
  }
};

}  // namespace

at::Tensor add_low_rank(const at::Tensor& base, const at::Tensor& x, const std::vector<Adapter>& adapters,
                        bool gradients) {
  torch::expect_shape(x, {base.size(0), torch::kAnySize}, "x");
  TORCH_CHECK(base.is_contiguous(), "the product that adapters add to should be contiguous");
  Places places;
  variable_list factors;
  bool recorded = base.requires_grad() || x.requires_grad();
  for (const Adapter& adapter : adapters) {
    places.firsts.push_back(adapter.first);
    places.scales.push_back(adapter.scale);
    factors.push_back(gradients ? adapter.down : adapter.down.detach());
    factors.push_back(gradients ? adapter.up : adapter.up.detach());
    recorded = recorded || factors.back().requires_grad() || factors[factors.size() - 2].requires_grad();
    const at::Tensor& down = factors[factors.size() - 2];
    const double cells = 2.0 * static_cast<double>(base.size(0) * down.size(0));
    torch::count_product(x, down, cells * static_cast<double>(down.size(1)));
    torch::count_product(down.requires_grad() ? down : x, factors.back(),
                         cells * static_cast<double>(adapter.up.size(0)));
  }
  if (c10::GradMode::is_enabled() && recorded)
    return AddLowRank::apply(base, x, at::TensorList(factors), places);
  add_all(base, x, factors, places);
  return base;
}

}  // namespace gistmill::decoder
