#include "host/isolate/shared_memory.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace gistmill {
namespace {

constexpr std::uint64_t kAlignment = 64;  // of a tensor's first byte
constexpr std::uint64_t kMostDimensions = 64;

// A tensor in shared memory, for the ABI.
struct Placed {
  gm_tensor tensor{};
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;
  SharedMemoryPointer memory;
};

[[noreturn]] void refuse(const char* what) {
  throw Error(GM_ERROR_MISUSE, std::string("a tensor from another process ") + what);
}

std::vector<std::int64_t> shape_in(const nlohmann::json& description) {
  const auto shape = description.find("shape");
  if (shape == description.end() || !shape->is_array() || shape->size() > kMostDimensions)
    refuse("has no shape");
  std::vector<std::int64_t> sizes;
  for (const auto& size : *shape) {
    if (!size.is_number_integer() || size.get<std::int64_t>() < 0) refuse("has a size that is no number");
    sizes.push_back(size.get<std::int64_t>());
  }
  return sizes;
}

std::uint64_t number_in(const nlohmann::json& description, const char* key) {
  const auto found = description.find(key);
  if (found == description.end() || !found->is_number_unsigned()) refuse("is not fully described");
  return found->get<std::uint64_t>();
}

}  // namespace

SharedMemory::SharedMemory(std::uint64_t bytes)
    : descriptor_(memfd_create("gistmill", MFD_CLOEXEC)), size_(bytes) {
  if (!descriptor_.open() || ftruncate(descriptor_.get(), static_cast<off_t>(bytes)) != 0)
    throw Error(GM_ERROR_OUT_OF_MEMORY, "no memory that two processes share can be had");
  map();
}

SharedMemory::SharedMemory(files::Descriptor descriptor, std::uint64_t bytes)
    : descriptor_(std::move(descriptor)), size_(bytes) {
  struct stat status {};
  if (fstat(descriptor_.get(), &status) != 0 || static_cast<std::uint64_t>(status.st_size) < bytes)
    throw Error(GM_ERROR_MISUSE, "memory from another process is smaller than it said");
  map();
}

void SharedMemory::map() {
  if (size_ == 0) return;
  void* const found = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_.get(), 0);
  if (found == MAP_FAILED)
    throw Error(GM_ERROR_OUT_OF_MEMORY, "memory that two processes share cannot be mapped");
  data_ = static_cast<unsigned char*>(found);
}

SharedMemory::~SharedMemory() {
  if (data_ != nullptr) munmap(data_, size_);
}

nlohmann::json TensorPacker::add(gm_tensor* tensor) {
  if (tensor == nullptr) return nullptr;
  tensors_.push_back(Tensor::adopt(tensor));
  const Tensor& added = tensors_.back();
  offsets_.push_back(size_);
  const std::uint64_t bytes = static_cast<std::uint64_t>(added.size()) * (added.dtype().bits / 8u);
  size_ += (bytes + kAlignment - 1) / kAlignment * kAlignment;
  return {{"offset", offsets_.back()},
          {"code", std::uint64_t{added.dtype().code}},
          {"bits", std::uint64_t{added.dtype().bits}},
          {"shape", added.shape()}};
}

SharedMemoryPointer TensorPacker::pack() const {
  if (tensors_.empty()) return nullptr;
  auto memory = std::make_shared<SharedMemory>(std::max(size_, kAlignment));
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    const Tensor& tensor = tensors_[i];
    const std::size_t bytes = static_cast<std::size_t>(tensor.size()) * (tensor.dtype().bits / 8u);
    gm_tensor* const shared = tensor.share();
    if (bytes > 0) std::memcpy(memory->data() + offsets_[i], shared->data, bytes);
    shared->deleter(shared);
  }
  return memory;
}

std::uint64_t bytes_of(const SharedMemory& memory, const nlohmann::json& description) {
  const std::uint64_t offset = number_in(description, "offset");
  std::uint64_t bytes = number_in(description, "bits") / 8;
  if (bytes == 0 || bytes > 16) refuse("has an unknown dtype");
  for (const std::int64_t size : shape_in(description)) {
    if (__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(size), &bytes)) refuse("is too large");
  }
  if (offset > memory.size() || bytes > memory.size() - offset) refuse("does not lie in its memory");
  return bytes;
}

gm_tensor* tensor_in(const SharedMemoryPointer& memory, const nlohmann::json& description,
                     std::uint64_t flags) {
  if (description.is_null()) return nullptr;
  if (memory == nullptr || !description.is_object()) refuse("has no memory");
  bytes_of(*memory, description);
  auto placed = std::make_unique<Placed>();
  placed->shape = shape_in(description);
  placed->strides.assign(placed->shape.size(), 1);
  for (std::size_t i = placed->shape.size(); i-- > 1;)
    placed->strides[i - 1] = placed->strides[i] * placed->shape[i];
  placed->memory = memory;
  gm_tensor& tensor = placed->tensor;
  tensor.major = GM_DLPACK_MAJOR;
  tensor.minor = GM_DLPACK_MINOR;
  tensor.manager_ctx = placed.get();
  tensor.deleter = [](gm_tensor* self) { delete static_cast<Placed*>(self->manager_ctx); };
  tensor.flags = flags;
  tensor.data = memory->data() + number_in(description, "offset");
  tensor.device_type = GM_DEVICE_CPU;
  tensor.ndim = static_cast<std::int32_t>(placed->shape.size());
  tensor.dtype = {static_cast<std::uint8_t>(number_in(description, "code")),
                  static_cast<std::uint8_t>(number_in(description, "bits")), 1};
  tensor.shape = placed->shape.data();
  tensor.strides = placed->strides.data();
  return &placed.release()->tensor;
}

void release_tensor(gm_tensor* tensor) {
  if (tensor != nullptr && tensor->deleter != nullptr) tensor->deleter(tensor);
}

}  // namespace gistmill
