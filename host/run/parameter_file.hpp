// Parameters and buffers of instances as one safetensors file: what checkpoints hold, and what leaves the
// program.
#pragma once

#include <filesystem>
#include <vector>

#include "gistmill/formats/safetensors.hpp"
#include "host/run/step/tensor_instance.hpp"

namespace gistmill {

// Throws Failure for one that the format has not.
formats::SafetensorsDtype saved_dtype(const at::Tensor& tensor);

enum class ParameterNames { with_instance, without };  // "gist.head.weight", "head.weight"

// Durable when it returns. Names without their instance are for one instance alone. Throws files::FileError,
// and as saved_dtype().
void save_parameters(const std::filesystem::path& path, const std::vector<TensorInstance*>& instances,
                     ParameterNames names = ParameterNames::with_instance);

}  // namespace gistmill
