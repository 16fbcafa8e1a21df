#include "tests/plugins/support/fake_device.hpp"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/EmptyTensor.h>
#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <ATen/native/CPUFallback.h>
#include <ATen/ops/_local_scalar_dense_native.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/resize_native.h>
#include <ATen/ops/set_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <c10/core/impl/alloc_cpu.h>
#include <torch/library.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>

namespace gistmill::test {
namespace {

std::atomic<std::int64_t> waits{0};
// An operation that the processor computes copies its operands; those copies are not the program's.
thread_local bool inside_operation = false;

// Main memory under the device's name.
struct Memory final : c10::Allocator {
  c10::DataPtr allocate(std::size_t size) override {
    void* data = c10::alloc_cpu(size);
    return {data, data, &c10::free_cpu, kFakeDevice};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &c10::free_cpu; }
  void copy_data(void* to, const void* from, std::size_t size) const override {
    default_copy_data(to, from, size);
  }
};

struct Hooks final : at::PrivateUse1HooksInterface {
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
  c10::DeviceIndex deviceCount() const override { return 1; }
  at::Generator getNewGenerator(c10::DeviceIndex) const override { return at::detail::createCPUGenerator(); }
};

// Everything is done when it returns: one stream, and events that have always happened.
struct Guard final : c10::impl::NoOpDeviceGuardImpl<c10::DeviceType::PrivateUse1> {
  c10::Device exchangeDevice(c10::Device) const override { return kFakeDevice; }
  c10::Device getDevice() const override { return kFakeDevice; }
  c10::Stream getStream(c10::Device) const noexcept override { return stream(); }
  void* getStreamNativeHandle(const c10::Stream) const override { return &native_stream_; }
  c10::Stream exchangeStream(c10::Stream) const noexcept override { return stream(); }
  void record(void**, const c10::Stream&, const c10::DeviceIndex, const c10::EventFlag) const override {}
  void block(void*, const c10::Stream&) const override {}
  bool queryEvent(void*) const override { return true; }

 private:
  static inline int native_stream_ = 0;  // its address is the stream, as plugins see it
  static c10::Stream stream() { return c10::Stream(c10::Stream::DEFAULT, kFakeDevice); }
};

// The same elements, seen from the processor.
at::Tensor in_main_memory(const at::Tensor& tensor) {
  return at::from_blob(tensor.data_ptr(), tensor.sizes(), tensor.strides(),
                       tensor.options().device(at::kCPU).requires_grad(false));
}

at::Tensor empty(c10::IntArrayRef size, std::optional<at::ScalarType> dtype, std::optional<c10::Layout>,
                 std::optional<c10::Device>, std::optional<bool>, std::optional<c10::MemoryFormat> format) {
  return at::detail::empty_generic(size, c10::GetAllocator(c10::DeviceType::PrivateUse1),
                                   c10::DispatchKeySet(c10::DispatchKey::PrivateUse1),
                                   c10::dtype_or_default(dtype), format);
}

at::Tensor empty_strided(c10::IntArrayRef size, c10::IntArrayRef stride, std::optional<at::ScalarType> dtype,
                         std::optional<c10::Layout>, std::optional<c10::Device>, std::optional<bool>) {
  return at::detail::empty_strided_generic(size, stride, c10::GetAllocator(c10::DeviceType::PrivateUse1),
                                           c10::DispatchKeySet(c10::DispatchKey::PrivateUse1),
                                           c10::dtype_or_default(dtype));
}

at::Tensor& set_storage(at::Tensor& tensor, c10::Storage source, std::int64_t offset, c10::IntArrayRef size,
                        c10::IntArrayRef stride) {
  return at::native::set_storage_cpu_(tensor, std::move(source), offset, size, stride);
}

at::Tensor copy_from(const at::Tensor& from, const at::Tensor& to, bool) {
  if (to.is_cpu() && !inside_operation) ++waits;
  if (from.numel() > 0) in_main_memory(to).copy_(in_main_memory(from));
  return to;
}

at::Tensor copy_from_and_resize(const at::Tensor& from, const at::Tensor& to) {
  to.resize_(from.sizes());
  return copy_from(from, to, false);
}

at::Scalar local_scalar(const at::Tensor& tensor) {
  if (!inside_operation) ++waits;
  return at::native::_local_scalar_dense_cpu(in_main_memory(tensor));
}

void check_devices(const c10::OperatorHandle& operation, const torch::jit::Stack& stack, std::size_t count) {
  bool here = false;
  bool elsewhere = false;
  const auto see = [&](const at::Tensor& tensor) {
    if (!tensor.defined()) return;
    here = here || tensor.device() == kFakeDevice;
    elsewhere = elsewhere || (tensor.is_cpu() && tensor.dim() > 0);  // a number may lie anywhere
  };
  for (std::size_t i = stack.size() - count; i < stack.size(); ++i) {
    if (stack[i].isTensor()) see(stack[i].toTensor());
    if (!stack[i].isTensorList()) continue;
    for (const at::Tensor& tensor : stack[i].toTensorVector()) see(tensor);
  }
  TORCH_CHECK(!(here && elsewhere), operation.schema().name(), ": tensors on ", kFakeDevice,
              " and in main memory in one operation");
}

void run_on_processor(const c10::OperatorHandle& operation, torch::jit::Stack* stack) {
  check_devices(operation, *stack, operation.schema().arguments().size());
  const bool before = std::exchange(inside_operation, true);
  at::native::cpu_fallback(operation, stack, /*error_on_views=*/true);
  inside_operation = before;
}

// For tests of the whole program, which cannot ask: the count goes into the file that the environment names.
struct Report {
  ~Report() {
    if (const char* path = std::getenv("GISTMILL_FAKE_DEVICE_WAITS")) std::ofstream(path) << waits << '\n';
  }
} report;

const bool registered = [] {
  static Memory memory;
  c10::register_privateuse1_backend("fake");
  c10::SetAllocator(c10::DeviceType::PrivateUse1, &memory);
  at::RegisterPrivateUse1HooksInterface(new Hooks);  // LibTorch keeps it for the life of the process
  return true;
}();

C10_REGISTER_GUARD_IMPL(PrivateUse1, Guard);

TORCH_LIBRARY_IMPL(aten, PrivateUse1, library) {
  library.impl("empty.memory_format", empty);
  library.impl("empty_strided", empty_strided);
  library.impl("as_strided", at::native::as_strided_tensorimpl);
  library.impl("view", static_cast<at::Tensor (*)(const at::Tensor&, c10::IntArrayRef)>(at::native::view));
  library.impl("_reshape_alias", at::native::_reshape_alias);
  library.impl("resize_", at::native::resize_);
  library.impl("set_.source_Storage_storage_offset", set_storage);
  library.impl("_copy_from", copy_from);
  library.impl("_copy_from_and_resize", copy_from_and_resize);
  library.impl("_local_scalar_dense", local_scalar);
}

TORCH_LIBRARY_IMPL(_, PrivateUse1, library) {
  library.fallback(torch::CppFunction::makeFromBoxedFunction<&run_on_processor>());
}

}  // namespace

std::int64_t fake_device_waits() { return waits; }

}  // namespace gistmill::test
