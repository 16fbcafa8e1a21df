// What stands in a slot while a step runs: a tensor or an opaque object, and its crossing of the ABI.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <utility>
#include <vector>

#include "gistmill/types.h"

namespace gistmill {

// Shape and name of dtype as port types spell it: "f32", "bf16", "i32"; "" for one that ports do not have.
std::string dtype_name(const at::Tensor& tensor);

// Takes ownership of what a plugin gave. Throws Failure (ExitCode::plugin) on another DLPack major.
at::Tensor adopt_tensor(gm_tensor* tensor);

// A new handle on the same memory, owned by the receiver.
gm_tensor* share_tensor(const at::Tensor& tensor, bool read_only);

class SlotValue {
 public:
  SlotValue() = default;
  explicit SlotValue(at::Tensor tensor) : tensor_(std::move(tensor)) {}
  SlotValue(const SlotValue& other);
  SlotValue(SlotValue&& other) noexcept;
  SlotValue& operator=(SlotValue other) noexcept;
  ~SlotValue();

  // Takes the reference that `value` holds; leaves it NONE.
  static SlotValue take(gm_value& value);
  // One more reference for a plugin; tensors are read-only.
  gm_value give() const;

  bool empty() const { return !tensor_.defined() && object_ == nullptr; }
  const at::Tensor& tensor() const { return tensor_; }
  const gm_object* object() const { return object_; }

 private:
  at::Tensor tensor_;
  gm_object* object_ = nullptr;
};

// What each call of one step wrote; kept until the next step, and shared between the variants of an
// evaluation.
using CallResults = std::vector<std::vector<SlotValue>>;  // [call][output]

}  // namespace gistmill
