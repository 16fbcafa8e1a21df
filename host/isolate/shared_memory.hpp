// Memory that two processes see, and tensors in it: a tensor crosses with one copy, into the memory, and is
// used where it lies on the other side.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include <gistmill/files/descriptor.hpp>
#include <gistmill/plugin/tensor.hpp>

namespace gistmill {

// Mapped as long as it lives. Both sides may write.
class SharedMemory {
 public:
  // Filled with zeros. Throws Error (GM_ERROR_OUT_OF_MEMORY).
  explicit SharedMemory(std::uint64_t bytes);
  // What another process made, of at least so many bytes. Throws Error (GM_ERROR_MISUSE) where it is smaller.
  SharedMemory(files::Descriptor descriptor, std::uint64_t bytes);
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  ~SharedMemory();

  unsigned char* data() const { return data_; }
  std::uint64_t size() const { return size_; }
  int descriptor() const { return descriptor_.get(); }

 private:
  void map();

  files::Descriptor descriptor_;
  std::uint64_t size_ = 0;
  unsigned char* data_ = nullptr;
};

using SharedMemoryPointer = std::shared_ptr<SharedMemory>;

// Collects tensors for one piece of memory.
class TensorPacker {
 public:
  // Takes ownership. Returns what tells the other side where it lies: {"offset", "code", "bits", "shape"};
  // null for null. Throws Error where it is on a device.
  nlohmann::json add(gm_tensor* tensor);
  // Null where nothing was added.
  SharedMemoryPointer pack() const;

 private:
  std::vector<Tensor> tensors_;
  std::vector<std::uint64_t> offsets_;
  std::uint64_t size_ = 0;
};

// The tensor that a description tells of, which keeps the memory; null for null. flags: GM_TENSOR_READ_ONLY
// or 0. Throws Error (GM_ERROR_MISUSE) where it does not lie in the memory: the other side is not trusted.
gm_tensor* tensor_in(const SharedMemoryPointer& memory, const nlohmann::json& description,
                     std::uint64_t flags);

// Gives a tensor back to its maker; nothing for null.
void release_tensor(gm_tensor* tensor);

// Bytes of a contiguous tensor of this description, checked against the memory in the same way.
std::uint64_t bytes_of(const SharedMemory& memory, const nlohmann::json& description);

}  // namespace gistmill
