// A small owning array for plugins without LibTorch: contiguous, in main memory, any of the ABI's dtypes.
// Not a math library: it carries data across the ABI.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gistmill/plugin/values.hpp"

namespace gistmill {

namespace detail {

template <class T>
constexpr gm_dtype dtype_of() {
  if constexpr (std::is_same_v<T, bool>) {
    return {GM_BOOL, 8, 1};
  } else if constexpr (std::is_floating_point_v<T>) {
    return {GM_FLOAT, 8 * sizeof(T), 1};
  } else {
    return {std::is_signed_v<T> ? std::uint8_t{GM_INT} : std::uint8_t{GM_UINT}, 8 * sizeof(T), 1};
  }
}

inline bool same_dtype(gm_dtype a, gm_dtype b) { return a.code == b.code && a.bits == b.bits; }

}  // namespace detail

// Copies share the memory. Default-constructed: empty, for "no tensor".
class Tensor {
 public:
  Tensor() = default;

  // An uninitialized-to-zero array of `shape`.
  static Tensor zeros(gm_dtype dtype, std::vector<std::int64_t> shape) {
    Tensor result;
    result.dtype_ = dtype;
    result.shape_ = std::move(shape);
    const std::size_t bytes = static_cast<std::size_t>(result.size()) * (dtype.bits / 8u);
    std::shared_ptr<unsigned char[]> memory(new unsigned char[bytes + 1]());
    result.data_ = memory.get();
    result.memory_ = std::move(memory);
    return result;
  }
  template <class T>
  static Tensor zeros(std::vector<std::int64_t> shape) {
    return zeros(detail::dtype_of<T>(), std::move(shape));
  }
  template <class T>
  static Tensor of(const std::vector<T>& values, std::vector<std::int64_t> shape) {
    Tensor result = zeros<T>(std::move(shape));
    if (static_cast<std::size_t>(result.size()) != values.size()) {
      throw Error(GM_ERROR_INTERNAL, "a tensor's values do not fill its shape");
    }
    if constexpr (std::is_same_v<T, bool>) {
      for (std::size_t i = 0; i < values.size(); ++i) result.template mutable_data<bool>()[i] = values[i];
    } else if (!values.empty()) {
      std::memcpy(result.data_, values.data(), values.size() * sizeof(T));
    }
    return result;
  }

  explicit operator bool() const { return memory_ != nullptr; }  // no elements may come without an address
  const std::vector<std::int64_t>& shape() const { return shape_; }
  std::int64_t size() const {
    std::int64_t count = 1;
    for (const std::int64_t extent : shape_) count *= extent;
    return count;
  }
  gm_dtype dtype() const { return dtype_; }

  template <class T>
  const T* data() const {
    return static_cast<const T*>(checked<T>());
  }
  template <class T>
  T* mutable_data() {
    if (read_only_) throw Error(GM_ERROR_MISUSE, "an input is read-only; write into a tensor of your own");
    return static_cast<T*>(const_cast<void*>(checked<T>()));
  }

  // Takes ownership of a tensor that came across the ABI. A strided one is copied into order.
  static Tensor adopt(gm_tensor* source) {
    if (source == nullptr) return {};
    const auto release = [](gm_tensor* tensor) {
      if (tensor->deleter != nullptr) tensor->deleter(tensor);
    };
    std::shared_ptr<gm_tensor> owner(source, release);
    if (source->major != GM_DLPACK_MAJOR) throw Error(GM_ERROR_MISUSE, "a tensor of another DLPack version");
    if (source->device_type != GM_DEVICE_CPU) {
      throw Error(GM_ERROR_MISUSE, "a tensor on a device when this component works in main memory");
    }
    Tensor result;
    result.dtype_ = source->dtype;
    result.shape_.assign(source->shape, source->shape + source->ndim);
    auto* first = static_cast<unsigned char*>(source->data) + source->byte_offset;
    if (is_contiguous(*source)) {
      result.data_ = first;
      result.read_only_ = (source->flags & GM_TENSOR_READ_ONLY) != 0;
      result.memory_ = std::move(owner);
      return result;
    }
    Tensor copy = zeros(source->dtype, result.shape_);
    copy_strided(*source, first, copy);
    return copy;
  }

  // A new handle on the same memory, for the ABI; the receiver owns it.
  gm_tensor* share() const {
    auto* holder = new Holder{{}, shape_, {}, memory_};
    holder->strides.resize(shape_.size());
    std::int64_t stride = 1;
    for (std::size_t i = shape_.size(); i-- > 0;) {
      holder->strides[i] = stride;
      stride *= shape_[i];
    }
    gm_tensor& tensor = holder->tensor;
    tensor.major = GM_DLPACK_MAJOR;
    tensor.minor = GM_DLPACK_MINOR;
    tensor.manager_ctx = holder;
    tensor.deleter = [](gm_tensor* self) { delete static_cast<Holder*>(self->manager_ctx); };
    tensor.flags = read_only_ ? GM_TENSOR_READ_ONLY : 0;
    tensor.data = data_;
    tensor.device_type = GM_DEVICE_CPU;
    tensor.ndim = static_cast<std::int32_t>(shape_.size());
    tensor.dtype = dtype_;
    tensor.shape = holder->shape.data();
    tensor.strides = holder->strides.data();
    return &tensor;
  }

 private:
  struct Holder {
    gm_tensor tensor;
    std::vector<std::int64_t> shape;
    std::vector<std::int64_t> strides;
    std::shared_ptr<void> memory;
  };

  template <class T>
  const void* checked() const {
    if (!detail::same_dtype(dtype_, detail::dtype_of<T>())) {
      throw Error(GM_ERROR_MISUSE, "a tensor holds another dtype than the one that was asked for");
    }
    return data_;
  }

  static bool is_contiguous(const gm_tensor& tensor) {
    std::int64_t expected = 1;
    for (std::int32_t i = tensor.ndim; i-- > 0;) {
      if (tensor.shape[i] != 1 && tensor.strides != nullptr && tensor.strides[i] != expected) return false;
      expected *= tensor.shape[i];
    }
    return true;
  }

  static void copy_strided(const gm_tensor& source, const unsigned char* first, Tensor& target) {
    const std::size_t width = source.dtype.bits / 8u;
    auto* out = static_cast<unsigned char*>(target.data_);
    std::vector<std::int64_t> index(static_cast<std::size_t>(source.ndim), 0);
    for (std::int64_t n = target.size(); n > 0; --n, out += width) {
      std::int64_t offset = 0;
      for (std::size_t i = 0; i < index.size(); ++i) offset += index[i] * source.strides[i];
      std::memcpy(out, first + offset * static_cast<std::int64_t>(width), width);
      for (std::size_t i = index.size(); i-- > 0;) {
        if (++index[i] < source.shape[i]) break;
        index[i] = 0;
      }
    }
  }

  gm_dtype dtype_{};
  std::vector<std::int64_t> shape_;
  std::shared_ptr<void> memory_;
  void* data_ = nullptr;
  bool read_only_ = false;
};

}  // namespace gistmill
