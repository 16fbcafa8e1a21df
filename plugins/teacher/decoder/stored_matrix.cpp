#include "plugins/teacher/decoder/stored_matrix.hpp"

#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include <cstring>
#if defined(__x86_64__)
#include <immintrin.h>
#endif
#include <stdexcept>

#include "gistmill/vector_math.hpp"

namespace gistmill::decoder {
namespace {

using formats::GgufType;

constexpr std::int64_t kBlockValues = 32;  // of a quantized block
constexpr std::int64_t kLanes = 16;        // partial sums, one register of AVX-512

float half_at(const char* bytes) {
  std::uint16_t bits = 0;
  std::memcpy(&bits, bytes, sizeof bits);
  return c10::detail::fp16_ieee_to_fp32_value(bits);
}

GISTMILL_INLINE float sum_of(const float* lanes) {
  float sum = 0.0f;
  for (std::int64_t i = 0; i < kLanes; ++i) sum += lanes[i];
  return sum;
}

// ggml's block of Q4_1: f16 scale, f16 minimum, 16 bytes; byte j holds values j (low half) and j + 16.
// value = scale * q + minimum. sums: of the vector's values, a block each.
GISTMILL_CLONES float dot_q4_1(const char* row, std::int64_t columns, const float* vector,
                               const float* sums) {
  float lanes[kLanes] = {};
  float minima = 0.0f;
  for (std::int64_t block = 0; block < columns / kBlockValues; ++block, row += 20, vector += kBlockValues) {
    const float scale = half_at(row);
    minima += half_at(row + 2) * sums[block];
    const auto* packed = reinterpret_cast<const unsigned char*>(row + 4);
#pragma omp simd
    for (std::int64_t i = 0; i < kLanes; ++i) {
      const auto low = static_cast<float>(static_cast<std::int32_t>(packed[i] & 15));
      const auto high = static_cast<float>(static_cast<std::int32_t>(packed[i] >> 4));
      lanes[i] += scale * (low * vector[i] + high * vector[i + kLanes]);
    }
  }
  return sum_of(lanes) + minima;
}

// ggml's block of Q8_0: f16 scale, 32 signed bytes.
GISTMILL_CLONES float dot_q8_0(const char* row, std::int64_t columns, const float* vector) {
  float lanes[kLanes] = {};
  for (std::int64_t block = 0; block < columns / kBlockValues; ++block, row += 34, vector += kBlockValues) {
    const float scale = half_at(row);
    const auto* values = reinterpret_cast<const signed char*>(row + 2);
#pragma omp simd
    for (std::int64_t i = 0; i < kLanes; ++i) {
      const auto low = static_cast<float>(static_cast<std::int32_t>(values[i]));
      const auto high = static_cast<float>(static_cast<std::int32_t>(values[i + kLanes]));
      lanes[i] += scale * (low * vector[i] + high * vector[i + kLanes]);
    }
  }
  return sum_of(lanes);
}

GISTMILL_CLONES float dot_f32(const char* row, std::int64_t columns, const float* vector) {
  float lanes[kLanes] = {};
  for (std::int64_t at = 0; at < columns; at += kLanes) {
    float values[kLanes];
    std::memcpy(values, row + at * 4, sizeof values);  // a file aligns to its own rule
#pragma omp simd
    for (std::int64_t i = 0; i < kLanes; ++i) lanes[i] += values[i] * vector[at + i];
  }
  return sum_of(lanes);
}

GISTMILL_CLONES float dot_bf16(const char* row, std::int64_t columns, const float* vector) {
  float lanes[kLanes] = {};
  for (std::int64_t at = 0; at < columns; at += kLanes) {
    std::uint16_t bits[kLanes];
    std::memcpy(bits, row + at * 2, sizeof bits);
#pragma omp simd
    for (std::int64_t i = 0; i < kLanes; ++i) {
      const std::uint32_t wide = static_cast<std::uint32_t>(bits[i]) << 16;
      float value = 0.0f;
      std::memcpy(&value, &wide, sizeof value);
      lanes[i] += value * vector[at + i];
    }
  }
  return sum_of(lanes);
}

float dot_f16(const char* row, std::int64_t columns, const float* vector) {
  float lanes[kLanes] = {};
  for (std::int64_t at = 0; at < columns; at += kLanes) {
    for (std::int64_t i = 0; i < kLanes; ++i) lanes[i] += half_at(row + (at + i) * 2) * vector[at + i];
  }
  return sum_of(lanes);
}

#if defined(__x86_64__)
// The same sums in registers of sixteen, for processors that have AVX-512: what compilers make of the loops
// above is a third as fast.
#define GISTMILL_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,f16c")))

GISTMILL_AVX512 __m512 floats_of_unsigned(__m128i bytes) {
  return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes));
}
GISTMILL_AVX512 __m512 floats_of_signed(const char* bytes) {
  return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes))));
}
GISTMILL_AVX512 float fast_half_at(const char* bytes) {
  std::uint16_t bits = 0;
  std::memcpy(&bits, bytes, sizeof bits);
  return _cvtsh_ss(bits);
}

GISTMILL_AVX512 float fast_dot_q4_1(const char* row, std::int64_t columns, const float* vector,
                                    const float* sums) {
  const __m128i low_half = _mm_set1_epi8(15);
  __m512 sum = _mm512_setzero_ps();
  float minima = 0.0f;
  for (std::int64_t block = 0; block < columns / kBlockValues; ++block, row += 20, vector += kBlockValues) {
    const __m128i packed = _mm_loadu_si128(reinterpret_cast<const __m128i*>(row + 4));
    const __m512 low = floats_of_unsigned(_mm_and_si128(packed, low_half));
    const __m512 high = floats_of_unsigned(_mm_and_si128(_mm_srli_epi16(packed, 4), low_half));
    const __m512 first = _mm512_mul_ps(low, _mm512_loadu_ps(vector));
    const __m512 both = _mm512_fmadd_ps(high, _mm512_loadu_ps(vector + kLanes), first);
    sum = _mm512_fmadd_ps(_mm512_set1_ps(fast_half_at(row)), both, sum);
    minima += fast_half_at(row + 2) * sums[block];
  }
  return _mm512_reduce_add_ps(sum) + minima;
}

GISTMILL_AVX512 float fast_dot_q8_0(const char* row, std::int64_t columns, const float* vector) {
  __m512 sum = _mm512_setzero_ps();
  for (std::int64_t block = 0; block < columns / kBlockValues; ++block, row += 34, vector += kBlockValues) {
    const __m512 first = _mm512_mul_ps(floats_of_signed(row + 2), _mm512_loadu_ps(vector));
    const __m512 both = _mm512_fmadd_ps(floats_of_signed(row + 18), _mm512_loadu_ps(vector + kLanes), first);
    sum = _mm512_fmadd_ps(_mm512_set1_ps(fast_half_at(row)), both, sum);
  }
  return _mm512_reduce_add_ps(sum);
}

GISTMILL_AVX512 float fast_dot_f16(const char* row, std::int64_t columns, const float* vector) {
  __m512 sum = _mm512_setzero_ps();
  for (std::int64_t at = 0; at < columns; at += kLanes) {
    const __m256i halves = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(row + at * 2));
    sum = _mm512_fmadd_ps(_mm512_cvtph_ps(halves), _mm512_loadu_ps(vector + at), sum);
  }
  return _mm512_reduce_add_ps(sum);
}

const bool kAvx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                     __builtin_cpu_supports("avx512vl");
#else
constexpr bool kAvx512 = false;
constexpr auto fast_dot_q4_1 = dot_q4_1;
constexpr auto fast_dot_q8_0 = dot_q8_0;
constexpr auto fast_dot_f16 = dot_f16;
#endif

}  // namespace

bool can_multiply(GgufType type) {
  return type == GgufType::kF32 || type == GgufType::kF16 || type == GgufType::kBF16 ||
         type == GgufType::kQ4_1 || type == GgufType::kQ8_0;
}

void multiply(const StoredMatrix& matrix, std::int64_t first, std::int64_t count, const float* vector,
              float* out) {
  std::vector<float> sums(static_cast<std::size_t>(matrix.columns / kBlockValues));
  if (matrix.type == GgufType::kQ4_1) {
    for (std::size_t block = 0; block < sums.size(); ++block) {
      for (std::int64_t i = 0; i < kBlockValues; ++i) {
        sums[block] += vector[static_cast<std::int64_t>(block) * kBlockValues + i];
      }
    }
  }
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t row =
        matrix.order.empty() ? first + i : matrix.order[static_cast<std::size_t>(first + i)];
    const char* bytes = matrix.data + row * matrix.row_bytes;
    switch (matrix.type) {
      case GgufType::kF32:
        out[i] = dot_f32(bytes, matrix.columns, vector);
        break;
      case GgufType::kF16:
        out[i] = (kAvx512 ? fast_dot_f16 : dot_f16)(bytes, matrix.columns, vector);
        break;
      case GgufType::kBF16:
        out[i] = dot_bf16(bytes, matrix.columns, vector);
        break;
      case GgufType::kQ4_1:
        out[i] = (kAvx512 ? fast_dot_q4_1 : dot_q4_1)(bytes, matrix.columns, vector, sums.data());
        break;
      case GgufType::kQ8_0:
        out[i] = (kAvx512 ? fast_dot_q8_0 : dot_q8_0)(bytes, matrix.columns, vector);
        break;
      default:
        throw std::logic_error("no product with a matrix of type " + formats::gguf_type_name(matrix.type));
    }
  }
}

}  // namespace gistmill::decoder
