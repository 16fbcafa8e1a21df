// Which tensors a model has, by their names within this folder (weights.hpp), and what they cost.
#pragma once

#include <ATen/core/ScalarType.h>

#include <cstdint>
#include <string>
#include <vector>

#include "plugins/teacher/decoder/files/model_plan.hpp"

namespace gistmill::decoder {

struct NamedShape {
  std::string name;
  std::vector<std::int64_t> shape;
};

// Every tensor of the model, embedding first, then layer by layer.
std::vector<NamedShape> tensors_of(const ModelPlan& plan);

std::int64_t parameters_of(const ModelPlan& plan);

// Bytes that load_weights() keeps: matrices in `dtype`, norms in f32.
std::int64_t weight_bytes(const ModelPlan& plan, at::ScalarType dtype);
// Bytes that it needs while it runs: a matrix a thread in f32 beside.
std::int64_t load_bytes(const ModelPlan& plan, at::ScalarType dtype);

// Makes a plan whole: refuses sizes that cannot be, before anything of that size is made or multiplied,
// computes the rotary frequencies, and refuses what check() (config.hpp) does. tensors: how many the file
// has.
void complete(ModelPlan& plan, const std::string& file, std::size_t tensors);

}  // namespace gistmill::decoder
