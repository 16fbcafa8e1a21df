// Tensors and objects across the ABI, by DLPack and by reference count; see slot_value.hpp.
#include "host/run/step/slot_value.hpp"

#include <ATen/ATen.h>
#include <ATen/DLConvertor.h>

#include <gistmill/dtype.hpp>

#include "host/diagnostic/failure.hpp"

namespace gistmill {

static_assert(sizeof(gm_tensor) == sizeof(DLManagedTensorVersioned));
static_assert(alignof(gm_tensor) == alignof(DLManagedTensorVersioned));
static_assert(offsetof(gm_tensor, flags) == offsetof(DLManagedTensorVersioned, flags));
static_assert(offsetof(gm_tensor, data) == offsetof(DLManagedTensorVersioned, dl_tensor));

std::string dtype_name(const at::Tensor& tensor) {
  if (tensor.is_quantized()) return "";  // DLPack has none
  const DLDataType type = at::getDLDataType(tensor);
  const Dtype* dtype = find_dtype(gm_dtype{type.code, type.bits, type.lanes});
  return dtype == nullptr ? "" : std::string(dtype->name);
}

at::Tensor adopt_tensor(gm_tensor* tensor) {
  if (tensor->major != GM_DLPACK_MAJOR) {
    const auto found = tensor->major;
    if (tensor->deleter != nullptr) tensor->deleter(tensor);
    throw Failure(ExitCode::plugin, "a tensor of DLPack " + std::to_string(found) + " when it should be " +
                                        std::to_string(GM_DLPACK_MAJOR));
  }
  return at::fromDLPackVersioned(reinterpret_cast<DLManagedTensorVersioned*>(tensor));
}

gm_tensor* share_tensor(const at::Tensor& tensor, bool read_only) {
  // Each of these is a dispatched operation, more than the sharing itself: taken only where there is
  // something to do.
  at::Tensor plain = tensor.requires_grad() ? tensor.detach() : tensor;
  // DLPack has no bit for a lazily negated or conjugated view: its values would cross with the wrong sign.
  if (plain.is_neg() || plain.is_conj()) plain = plain.resolve_conj().resolve_neg();
  auto* shared = reinterpret_cast<gm_tensor*>(at::toDLPackVersioned(plain));
  if (read_only) shared->flags |= GM_TENSOR_READ_ONLY;
  return shared;
}

SlotValue::SlotValue(const SlotValue& other) : tensor_(other.tensor_), object_(other.object_) {
  if (object_ != nullptr) object_->retain(object_);
}

SlotValue::SlotValue(SlotValue&& other) noexcept
    : tensor_(std::move(other.tensor_)), object_(std::exchange(other.object_, nullptr)) {}

SlotValue& SlotValue::operator=(SlotValue other) noexcept {
  std::swap(tensor_, other.tensor_);
  std::swap(object_, other.object_);
  return *this;
}

SlotValue::~SlotValue() {
  if (object_ != nullptr) object_->release(object_);
}

SlotValue SlotValue::take(gm_value& value) {
  SlotValue result;
  const std::uint32_t kind = std::exchange(value.kind, GM_VALUE_NONE);
  if (kind == GM_VALUE_TENSOR) result.tensor_ = adopt_tensor(value.as.tensor);
  if (kind == GM_VALUE_OBJECT) result.object_ = value.as.object;
  return result;
}

gm_value SlotValue::give() const {
  gm_value value{GM_VALUE_NONE, 0, {}};
  if (tensor_.defined()) {
    value.kind = GM_VALUE_TENSOR;
    value.as.tensor = share_tensor(tensor_, true);
  } else if (object_ != nullptr) {
    object_->retain(object_);
    value.kind = GM_VALUE_OBJECT;
    value.as.object = object_;
  }
  return value;
}

}  // namespace gistmill
