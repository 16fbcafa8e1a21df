// A matrix product whose matrix was laid out once for the processor (oneDNN's blocked format), instead of at
// every call. The plain counterpart is at::linear.
#pragma once

#include <ATen/core/Tensor.h>

#include <mutex>

namespace gistmill::decoder {

// weight compute[out, in] in oneDNN's own layout; undefined where the product of this type gains nothing by
// it or this LibTorch has no oneDNN.
at::Tensor pack_weight(const at::Tensor& weight);

// The packed form of one weight, made when it is first asked for: passes that never use it never pay for it.
// Any thread.
class PackedWeight {
 public:
  // As pack_weight, of the same weight every time.
  const at::Tensor& of(const at::Tensor& weight);

 private:
  std::once_flag once_;
  at::Tensor packed_;
};

// x compute[n, in], weight compute[out, in], packed = pack_weight(weight), bias compute[out] or undefined ->
// compute[n, out]. Differentiable to x alone.
at::Tensor packed_linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& packed,
                         const at::Tensor& bias);

// a f32[m, k], b f32[n, k], of any strides -> a times the transpose of b, [m, n]; not differentiable. By
// oneDNN on a processor, where at::linear asks BLAS: a fifth faster where BLAS leaves AVX-512 alone.
at::Tensor unpacked_linear(const at::Tensor& a, const at::Tensor& b);

}  // namespace gistmill::decoder
