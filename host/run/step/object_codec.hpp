// Objects as named tensors and back, by the instance that knows their type (gm.codec/1). Knows no file.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "host/run/step/tensor_instance.hpp"

namespace gistmill {

struct NamedTensor {
  std::string name;
  at::Tensor tensor;
};

bool knows_object(const TensorInstance& instance, const std::string& type);

// All that the object holds. The instance knows its type and is started. Throws Failure where it cannot.
std::vector<NamedTensor> encode_object(const TensorInstance& instance, const gm_object& object);

// The object that the tensors came from; it may keep them without a copy. Throws Failure where they are not
// what an object of this type is made of.
SlotValue decode_object(const TensorInstance& instance, const std::string& type,
                        const std::vector<NamedTensor>& tensors);

}  // namespace gistmill
