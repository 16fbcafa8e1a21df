// The sound component and its memory; where it breaks the contract is in faults.hpp. Straight on the C ABI,
// since the SDK's classes would catch half of the faults.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "gistmill/entry.h"
#include "gistmill/extensions.h"

struct gm_instance {
  std::string fault;
  std::int64_t power = 2;
  std::int64_t size = 0;   // N
  std::int64_t calls = 0;  // of next: the state
  std::int64_t forwards = 0;
  std::vector<float> a;
  gm_tensor* gradient = nullptr;  // of a
  gm_param_info info{};
  std::vector<float> reused;  // what outputs point at with fault reused-output

  bool has(std::string_view name) const { return fault == name; }
};

struct gm_tape {
  std::vector<float> x, w;
};

namespace certified {

struct Block {
  gm_tensor tensor{};
  std::vector<std::int64_t> shape, strides;
  std::vector<float> data;
};

inline gm_tensor* new_tensor(std::vector<std::int64_t> shape, std::vector<float> data) {
  auto* const made = new Block{{}, std::move(shape), {}, std::move(data)};
  made->strides.resize(made->shape.size());
  std::int64_t stride = 1;
  for (std::size_t i = made->shape.size(); i-- > 0; stride *= made->shape[i]) made->strides[i] = stride;
  gm_tensor& tensor = made->tensor;
  tensor.major = GM_DLPACK_MAJOR;
  tensor.minor = GM_DLPACK_MINOR;
  tensor.manager_ctx = made;
  tensor.deleter = [](gm_tensor* self) { delete static_cast<Block*>(self->manager_ctx); };
  tensor.data = made->data.data();
  tensor.device_type = GM_DEVICE_CPU;
  tensor.ndim = static_cast<std::int32_t>(made->shape.size());
  tensor.dtype = {GM_FLOAT, 32, 1};
  tensor.shape = made->shape.data();
  tensor.strides = made->strides.data();
  return &tensor;
}

inline void release(gm_tensor* tensor) {
  if (tensor != nullptr && tensor->deleter != nullptr) tensor->deleter(tensor);
}

// The values in order, whatever the strides; with `dense` as they lie.
inline std::vector<float> values_of(const gm_tensor& tensor, bool dense = false) {
  const auto* first =
      reinterpret_cast<const float*>(static_cast<const char*>(tensor.data) + tensor.byte_offset);
  const std::int64_t rows = tensor.ndim == 2 ? tensor.shape[0] : 1;
  const std::int64_t columns = tensor.ndim == 0 ? 1 : tensor.shape[tensor.ndim - 1];
  std::vector<float> values;
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < columns; ++c) {
      std::int64_t at = r * columns + c;
      if (!dense && tensor.ndim == 2) at = r * tensor.strides[0] + c * tensor.strides[1];
      if (!dense && tensor.ndim == 1) at = c * tensor.strides[0];
      values.push_back(first[at]);
    }
  }
  return values;
}

inline gm_status fail(gm_error* error, gm_status status, const char* message) {
  error->set(error, status, message, nullptr);
  return status;
}

inline float power_of(float x, std::int64_t power) {
  float y = 1;
  for (std::int64_t i = 0; i < power; ++i) y *= x;
  return y;
}

}  // namespace certified
