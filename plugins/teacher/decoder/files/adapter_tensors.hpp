// What lies in adapter_model.safetensors: low-rank matrices, tensors of the model that were saved whole, and
// rows of the embedding.
#pragma once

#include <gistmill/formats/safetensors.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "plugins/teacher/decoder/files/adapter_file.hpp"
#include "plugins/teacher/decoder/files/adapter_settings.hpp"
#include "plugins/teacher/decoder/files/model_plan.hpp"

namespace gistmill::decoder {

// Fills what the tensors say of `adapter`: parts, changes, saved, replaced, rows, vocabulary. Throws Error
// (user) that names the file: for a tensor that is missing, has another shape, or is none of an adapter of
// this model.
void read_adapter_tensors(const formats::Safetensors& file, const ModelPlan& model,
                          const AdapterSettings& settings, AdapterFile& adapter);

// The adapter's tensors under PEFT's names, f32, contiguous.
std::map<std::string, at::Tensor> adapter_tensors(const AdapterFile& adapter, const Config& config);

}  // namespace gistmill::decoder
