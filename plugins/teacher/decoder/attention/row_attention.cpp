#include "plugins/teacher/decoder/attention/row_attention.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "gistmill/vector_math.hpp"

namespace gistmill::decoder {
namespace {

using c10::BFloat16;

// One query head: where its keys and values stand.
template <class T>
struct Head {
  const T* query;  // [E]
  const T* keys;   // of the first token; tokens are `stride` elements apart
  const T* values;
  std::int64_t stride;
  std::int64_t size;    // E
  std::int64_t length;  // tokens
  float scale;
};

constexpr std::int64_t kLanes = 16;  // one register of AVX-512

// query . key; size is a multiple of kLanes.
template <class T>
GISTMILL_INLINE float dot(const float* query, const T* key, std::int64_t size) {
  float lanes[kLanes] = {};
  for (std::int64_t i = 0; i < size; i += kLanes) {
#pragma omp simd
    for (std::int64_t lane = 0; lane < kLanes; ++lane)
      lanes[lane] += query[i + lane] * as_float(key[i + lane]);
  }
  float sum = 0.0f;
  for (const float lane : lanes) sum += lane;
  return sum;
}

// out[i] = sum over tokens of weight * value[i], for kLanes i; the sums stay in registers.
template <class T>
GISTMILL_INLINE void mix(const Head<T>& head, const float* weights, float total, std::int64_t first, T* out) {
  float lanes[kLanes] = {};
  for (std::int64_t t = 0; t < head.length; ++t) {
    const T* value = head.values + t * head.stride + first;
    const float weight = weights[t];
#pragma omp simd
    for (std::int64_t lane = 0; lane < kLanes; ++lane) lanes[lane] += weight * as_float(value[lane]);
  }
  for (std::int64_t lane = 0; lane < kLanes; ++lane) put(out[first + lane], lanes[lane] / total);
}

template <class T>
GISTMILL_INLINE void attend_head_body(const Head<T>& head, float* weights, float* query, T* out) {
  const std::int64_t even = head.size / kLanes * kLanes;
  for (std::int64_t i = 0; i < head.size; ++i) query[i] = as_float(head.query[i]);
  float highest = -INFINITY;
  for (std::int64_t t = 0; t < head.length; ++t) {
    const T* key = head.keys + t * head.stride;
    float score = dot(query, key, even);
    for (std::int64_t i = even; i < head.size; ++i) score += query[i] * as_float(key[i]);
    weights[t] = score * head.scale;
    highest = std::max(highest, weights[t]);
  }
  float total = 0.0f;
#pragma omp simd reduction(+ : total)
  for (std::int64_t t = 0; t < head.length; ++t) {
    weights[t] = exponential(weights[t] - highest);
    total += weights[t];
  }
  for (std::int64_t first = 0; first < even; first += kLanes) mix(head, weights, total, first, out);
  for (std::int64_t i = even; i < head.size; ++i) {
    float sum = 0.0f;
    for (std::int64_t t = 0; t < head.length; ++t)
      sum += weights[t] * as_float(head.values[t * head.stride + i]);
    put(out[i], sum / total);
  }
}
GISTMILL_CLONES void attend_head(const Head<float>& head, float* weights, float* query, float* out) {
  attend_head_body(head, weights, query, out);
}
GISTMILL_CLONES void attend_head(const Head<BFloat16>& head, float* weights, float* query, BFloat16* out) {
  attend_head_body(head, weights, query, out);
}

template <class T>
void attend_heads(const at::Tensor& qkv, const at::Tensor& keys_values, std::int64_t length,
                  const AttentionShape& shape, const at::Tensor& result) {
  constexpr std::int64_t kMultiplicationsWorthAThread = std::int64_t{64} * 1024;
  const std::int64_t group = shape.heads / shape.kv_heads;
  const std::int64_t work = 2 * length * shape.head_size;
  at::parallel_for(0, shape.heads, std::max<std::int64_t>(1, kMultiplicationsWorthAThread / work),
                   [&](std::int64_t begin, std::int64_t end) {
                     std::vector<float> weights(static_cast<std::size_t>(length));
                     std::vector<float> query(static_cast<std::size_t>(shape.head_size));
                     for (std::int64_t i = begin; i < end; ++i) {
                       const T* keys = keys_values.const_data_ptr<T>() + i / group * shape.head_size;
                       const Head<T> head{qkv.const_data_ptr<T>() + i * shape.head_size,
                                          keys,
                                          keys + shape.kv_heads * shape.head_size,
                                          keys_values.stride(0),
                                          shape.head_size,
                                          length,
                                          shape.scale};
                       attend_head(head, weights.data(), query.data(),
                                   result.mutable_data_ptr<T>() + i * shape.head_size);
                     }
                   });
}

}  // namespace

at::Tensor attend_row(const at::Tensor& qkv, const at::Tensor& keys_values, std::int64_t length,
                      const AttentionShape& shape) {
  at::Tensor result = at::empty({1, shape.heads * shape.head_size}, qkv.options());
  if (qkv.scalar_type() == at::kBFloat16) {
    attend_heads<BFloat16>(qkv, keys_values, length, shape, result);
  } else {
    attend_heads<float>(qkv, keys_values, length, shape, result);
  }
  return result;
}

}  // namespace gistmill::decoder
