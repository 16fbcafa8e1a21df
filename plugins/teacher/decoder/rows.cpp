#include "plugins/teacher/decoder/rows.hpp"

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>

#include <cmath>

#include "gistmill/expect_shape.hpp"
#include "gistmill/vector_math.hpp"

namespace gistmill::decoder::rows {
namespace {

using c10::BFloat16;
using torch::expect_shape;
using torch::kAnySize;

constexpr std::int64_t kRowsWorthAThread = 16;

// One row of RMSNorm: x = residual + delta, r = 1 / sqrt(mean(x^2) + epsilon), unit = r x,
// normed = unit * weight. All [D].
template <class T>
struct NormRow {
  const float* residual;
  const T* delta;  // null: none
  const float* weight;
  float* sum;  // x; may be the residual, and is without delta
  T* normed;
  T* unit;  // null: not asked for
};

// -> r
template <class T>
GISTMILL_INLINE float norm_row_body(const NormRow<T>& row, std::int64_t width, float epsilon) {
  float squares = 0.0f;
  // NOLINTNEXTLINE(bugprone-branch-clone): it takes any two "omp simd" loops for the same
  if (row.delta != nullptr) {
#pragma omp simd reduction(+ : squares)
    for (std::int64_t i = 0; i < width; ++i) {
      const float value = row.residual[i] + as_float(row.delta[i]);
      row.sum[i] = value;
      squares += value * value;
    }
  } else {
#pragma omp simd reduction(+ : squares)
    for (std::int64_t i = 0; i < width; ++i) squares += row.residual[i] * row.residual[i];
  }
  const float inverse = 1.0f / std::sqrt(squares / static_cast<float>(width) + epsilon);
#pragma omp simd
  for (std::int64_t i = 0; i < width; ++i) put(row.normed[i], row.sum[i] * inverse * row.weight[i]);
  if (row.unit != nullptr) {
#pragma omp simd
    for (std::int64_t i = 0; i < width; ++i) put(row.unit[i], row.sum[i] * inverse);
  }
  return inverse;
}
GISTMILL_CLONES float norm_row(const NormRow<float>& row, std::int64_t width, float epsilon) {
  return norm_row_body(row, width, epsilon);
}
GISTMILL_CLONES float norm_row(const NormRow<BFloat16>& row, std::int64_t width, float epsilon) {
  return norm_row_body(row, width, epsilon);
}

// Its backward, with u = grad_normed * weight, the gradient of unit:
//   grad x = r (u - unit mean(u * unit)) + grad_sum
// residual and delta both get it, each in its own type. All [D].
template <class T>
struct NormGradRow {
  const float* grad_sum;  // null: zero
  const T* grad_normed;
  const T* unit;
  const float* weight;
  float* grad;
  T* grad_delta;  // may be the same memory as grad where T is float
};

template <class T>
GISTMILL_INLINE void norm_grad_row_body(const NormGradRow<T>& row, std::int64_t width, float inverse) {
  float dot = 0.0f;
#pragma omp simd reduction(+ : dot)
  for (std::int64_t i = 0; i < width; ++i)
    dot += as_float(row.grad_normed[i]) * row.weight[i] * as_float(row.unit[i]);
  const float shared = dot / static_cast<float>(width);
  const bool more = row.grad_sum != nullptr;
#pragma omp simd
  for (std::int64_t i = 0; i < width; ++i) {
    const float own =
        (as_float(row.grad_normed[i]) * row.weight[i] - as_float(row.unit[i]) * shared) * inverse;
    const float all = more ? own + row.grad_sum[i] : own;
    row.grad[i] = all;
    put(row.grad_delta[i], all);
  }
}
GISTMILL_CLONES void norm_grad_row(const NormGradRow<float>& row, std::int64_t width, float inverse) {
  norm_grad_row_body(row, width, inverse);
}
GISTMILL_CLONES void norm_grad_row(const NormGradRow<BFloat16>& row, std::int64_t width, float inverse) {
  norm_grad_row_body(row, width, inverse);
}

// values compute[E], half = E/2: each pair (a, b) -> (a cos - b sin, a sin + b cos). Its backward is
// its transpose, so the gradient turns by minus the angle: `sign` -1. cosine and sine may both be some times
// as long (Config::magnitude_of), and the transpose is then too.
template <class T>
GISTMILL_INLINE void rotate_head_body(T* values, const float* cosine, const float* sine, float sign,
                                      std::int64_t half) {
#pragma omp simd
  for (std::int64_t i = 0; i < half; ++i) {
    const float first = as_float(values[2 * i]);
    const float second = as_float(values[2 * i + 1]);
    const float s = sign * sine[i];
    put(values[2 * i], first * cosine[i] - second * s);
    put(values[2 * i + 1], first * s + second * cosine[i]);
  }
}
GISTMILL_CLONES void rotate_head(float* values, const float* cosine, const float* sine, float sign,
                                 std::int64_t half) {
  rotate_head_body(values, cosine, sine, sign, half);
}
GISTMILL_CLONES void rotate_head(BFloat16* values, const float* cosine, const float* sine, float sign,
                                 std::int64_t half) {
  rotate_head_body(values, cosine, sine, sign, half);
}

// gate, up -> out = silu(gate) up, silu(g) = g s(g), s(g) = 1 / (1 + exp(-g)). All compute[F].
template <class T>
GISTMILL_INLINE void swiglu_row_body(const T* gate, const T* up, T* out, std::int64_t width) {
#pragma omp simd
  for (std::int64_t i = 0; i < width; ++i) {
    const float g = as_float(gate[i]);
    put(out[i], g / (1.0f + exponential(-g)) * as_float(up[i]));
  }
}
GISTMILL_CLONES void swiglu_row(const float* gate, const float* up, float* out, std::int64_t width) {
  swiglu_row_body(gate, up, out, width);
}
GISTMILL_CLONES void swiglu_row(const BFloat16* gate, const BFloat16* up, BFloat16* out, std::int64_t width) {
  swiglu_row_body(gate, up, out, width);
}

//   grad_up = grad * silu(g)    grad_gate = grad * up * silu'(g), silu'(g) = s(g) (1 + g (1 - s(g)))
// with g = gate. All compute[F].
template <class T>
GISTMILL_INLINE void swiglu_grad_row_body(const T* grad, const T* gate, const T* up, T* grad_gate, T* grad_up,
                                          std::int64_t width) {
#pragma omp simd
  for (std::int64_t i = 0; i < width; ++i) {
    const float g = as_float(gate[i]);
    const float sigmoid = 1.0f / (1.0f + exponential(-g));
    const float outer = as_float(grad[i]);
    put(grad_up[i], outer * g * sigmoid);
    put(grad_gate[i], outer * as_float(up[i]) * sigmoid * (1.0f + g * (1.0f - sigmoid)));
  }
}
GISTMILL_CLONES void swiglu_grad_row(const float* grad, const float* gate, const float* up, float* grad_gate,
                                     float* grad_up, std::int64_t width) {
  swiglu_grad_row_body(grad, gate, up, grad_gate, grad_up, width);
}
GISTMILL_CLONES void swiglu_grad_row(const BFloat16* grad, const BFloat16* gate, const BFloat16* up,
                                     BFloat16* grad_gate, BFloat16* grad_up, std::int64_t width) {
  swiglu_grad_row_body(grad, gate, up, grad_gate, grad_up, width);
}

// Runs `body(T*)` for the compute type; the argument only carries the type.
template <class Body>
void for_type(at::ScalarType dtype, Body&& body) {
  if (dtype == at::kBFloat16) {
    body(static_cast<BFloat16*>(nullptr));
  } else {
    TORCH_CHECK(dtype == at::kFloat, "the compute type is ", dtype, " when it should be f32 or bf16");
    body(static_cast<float*>(nullptr));
  }
}

template <class Body>
void for_rows(std::int64_t count, Body&& body) {
  at::parallel_for(0, count, kRowsWorthAThread, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) body(row);
  });
}

}  // namespace

Normed add_norm(const at::Tensor& residual, const at::Tensor& delta, const at::Tensor& weight, double epsilon,
                at::ScalarType dtype, bool with_unit, bool in_place) {
  const std::int64_t count = residual.size(0);  // n
  const std::int64_t width = residual.size(1);  // D
  expect_shape(residual, {count, width}, "residual");
  if (delta.defined()) expect_shape(delta, {count, width}, "delta");
  expect_shape(weight, {width}, "weight");
  Normed result{in_place || !delta.defined() ? residual : at::empty_like(residual),
                at::empty(residual.sizes(), residual.options().dtype(dtype)), at::Tensor(),
                at::empty({count}, residual.options())};
  if (with_unit) result.unit = at::empty_like(result.normed);
  for_type(dtype, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    const float* in = residual.const_data_ptr<float>();
    const T* more = delta.defined() ? delta.const_data_ptr<T>() : nullptr;
    const float* scale = weight.const_data_ptr<float>();
    float* sum = result.sum.mutable_data_ptr<float>();
    T* normed = result.normed.mutable_data_ptr<T>();
    T* unit = with_unit ? result.unit.mutable_data_ptr<T>() : nullptr;
    float* inverse = result.inverse.mutable_data_ptr<float>();
    for_rows(count, [&](std::int64_t row) {
      const std::int64_t at = row * width;
      const NormRow<T> parts{in + at,     more != nullptr ? more + at : nullptr, scale, sum + at,
                             normed + at, unit != nullptr ? unit + at : nullptr};
      inverse[row] = norm_row(parts, width, static_cast<float>(epsilon));
    });
  });
  return result;
}

std::tuple<at::Tensor, at::Tensor> add_norm_backward(const at::Tensor& grad_sum,
                                                     const at::Tensor& grad_normed, const at::Tensor& unit,
                                                     const at::Tensor& inverse, const at::Tensor& weight) {
  const std::int64_t width = unit.size(1);  // D
  expect_shape(unit, {kAnySize, width}, "unit");
  if (grad_sum.defined()) expect_shape(grad_sum, {unit.size(0), width}, "grad_sum");
  expect_shape(grad_normed, {unit.size(0), width}, "grad_normed");
  expect_shape(inverse, {unit.size(0)}, "inverse");
  expect_shape(weight, {width}, "weight");
  const at::Tensor grad = at::empty(unit.sizes(), inverse.options());
  const bool same = grad_normed.scalar_type() == at::kFloat;
  const at::Tensor grad_delta = same ? grad : at::empty_like(grad_normed);
  for_type(grad_normed.scalar_type(), [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    const float* outer_sum = grad_sum.defined() ? grad_sum.const_data_ptr<float>() : nullptr;
    const T* outer = grad_normed.const_data_ptr<T>();
    const T* in = unit.const_data_ptr<T>();
    const float* scale = weight.const_data_ptr<float>();
    const float* inverses = inverse.const_data_ptr<float>();
    float* out = grad.mutable_data_ptr<float>();
    T* out_delta = grad_delta.mutable_data_ptr<T>();
    for_rows(unit.size(0), [&](std::int64_t row) {
      const std::int64_t at = row * width;
      const NormGradRow<T> parts{outer_sum != nullptr ? outer_sum + at : nullptr,
                                 outer + at,
                                 in + at,
                                 scale,
                                 out + at,
                                 out_delta + at};
      norm_grad_row(parts, width, inverses[row]);
    });
  });
  return {grad, grad_delta};
}

void rotate_(const at::Tensor& values, const at::Tensor& cosine, const at::Tensor& sine,
             const at::Tensor& positions, std::int64_t heads, float sign) {
  const std::int64_t width = values.size(1);
  const std::int64_t half = cosine.size(1);  // E/2
  expect_shape(values, {kAnySize, width}, "values");
  expect_shape(cosine, {kAnySize, half}, "cosine");
  expect_shape(sine, {cosine.size(0), half}, "sine");
  expect_shape(positions, {values.size(0)}, "positions");
  for_type(values.scalar_type(), [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    T* rows = values.mutable_data_ptr<T>();
    const std::int64_t* place = positions.const_data_ptr<std::int64_t>();
    const float* cosines = cosine.const_data_ptr<float>();
    const float* sines = sine.const_data_ptr<float>();
    for_rows(values.size(0), [&](std::int64_t row) {
      for (std::int64_t head = 0; head < heads; ++head) {
        rotate_head(rows + row * width + head * 2 * half, cosines + place[row] * half,
                    sines + place[row] * half, sign, half);
      }
    });
  });
}

at::Tensor swiglu(const at::Tensor& gate_up) {
  const std::int64_t width = gate_up.size(1) / 2;  // F
  expect_shape(gate_up, {kAnySize, 2 * width}, "gate_up");
  at::Tensor result = at::empty({gate_up.size(0), width}, gate_up.options());
  for_type(gate_up.scalar_type(), [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    const T* in = gate_up.const_data_ptr<T>();
    T* out = result.mutable_data_ptr<T>();
    for_rows(gate_up.size(0), [&](std::int64_t row) {
      const T* gate = in + row * 2 * width;
      swiglu_row(gate, gate + width, out + row * width, width);
    });
  });
  return result;
}

at::Tensor swiglu_backward(const at::Tensor& grad, const at::Tensor& gate_up) {
  const std::int64_t width = gate_up.size(1) / 2;  // F
  expect_shape(gate_up, {kAnySize, 2 * width}, "gate_up");
  expect_shape(grad, {gate_up.size(0), width}, "grad");
  at::Tensor result = at::empty_like(gate_up);
  for_type(gate_up.scalar_type(), [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    const T* outer = grad.const_data_ptr<T>();
    const T* in = gate_up.const_data_ptr<T>();
    T* out = result.mutable_data_ptr<T>();
    for_rows(gate_up.size(0), [&](std::int64_t row) {
      const T* gate = in + row * 2 * width;
      T* grad_gate = out + row * 2 * width;
      swiglu_grad_row(outer + row * width, gate, gate + width, grad_gate, grad_gate + width, width);
    });
  });
  return result;
}

}  // namespace gistmill::decoder::rows
