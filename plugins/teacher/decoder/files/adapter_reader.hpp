// The tensors of adapter_model.safetensors, taken one by one under PEFT's names; what nobody takes is
// refused.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <gistmill/formats/safetensors.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "plugins/teacher/decoder/config.hpp"

namespace gistmill::decoder {

inline const std::string kPeftPrefix = "base_model.model.";  // PEFT's wrapper around the model

// Throws Error (user) that names the file. A name may hold the adapter's own ("lora_A.default.weight"), as
// where a training loop wrote the state itself: PEFT leaves it out.
class AdapterReader {
 public:
  explicit AdapterReader(const formats::Safetensors& file);

  bool has(const std::string& name) const { return tensors_.contains(name); }
  std::vector<std::int64_t> shape_of(const std::string& name) const { return find(name).shape; }
  // f32, of this shape; throws where the tensor is missing or another.
  at::Tensor take(const std::string& name, const std::vector<std::int64_t>& shape);
  void pass_over(const std::string& name) { taken_.insert(name); }
  void refuse_others(const Config& config) const;

  const std::string& file_name() const { return file_.name(); }

 private:
  const formats::SafetensorsTensor& find(const std::string& name) const;

  const formats::Safetensors& file_;
  std::map<std::string, const formats::SafetensorsTensor*> tensors_;
  std::set<std::string> taken_;
};

}  // namespace gistmill::decoder
