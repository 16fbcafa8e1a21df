// A matrix as it lies in its file, quantized or not, and its product with one vector. Generating a token
// reads every weight once, so its speed depends on the bytes read; the file's own blocks are the fewest.
#pragma once

#include <cstdint>
#include <gistmill/formats/gguf.hpp>
#include <vector>

namespace gistmill::decoder {

// A view: the file's mapping must outlive it. Row i lies at data + order[i] * row_bytes, or at
// data + i * row_bytes where `order` is empty (a file may pair the rotated dimensions in another way).
struct StoredMatrix {
  formats::GgufType type = formats::GgufType::kF32;
  const char* data = nullptr;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t row_bytes = 0;
  std::vector<std::int32_t> order;
};

// Whether multiply() knows the type.
bool can_multiply(formats::GgufType type);

// out[i] = sum over j of matrix[i, j] * vector[j], in f32, for the rows [first, first + count): the values
// that dequantizing gives, summed in another order. vector f32[columns], columns a multiple of 32; out
// f32[count]. [any thread]
void multiply(const StoredMatrix& matrix, std::int64_t first, std::int64_t count, const float* vector,
              float* out);

}  // namespace gistmill::decoder
