// A Llama-family model in a GGUF file: its sizes, and its tensors by name. Refuses what this teacher would
// compute wrongly (other architectures, scaled positions, biases, experts) instead of ignoring it.
#pragma once

#include <gistmill/formats/gguf.hpp>
#include <string>

#include "plugins/teacher/llama/config.hpp"
#include "plugins/teacher/llama/weights.hpp"

namespace gistmill::llama {

class GgufModel final : public TensorSource {
 public:
  // Reads the header only. Throws Error (user) that names the file, what was found and what was expected.
  explicit GgufModel(const std::string& path);
  // From bytes that outlive the object; `name` stands for the file in messages.
  GgufModel(std::string_view bytes, const std::string& name);

  const Config& config() const { return config_; }
  bool contains(const std::string& name) const override;
  at::Tensor read(const std::string& name, at::IntArrayRef shape) const override;

 private:
  explicit GgufModel(formats::Gguf file);

  formats::Gguf file_;
  Config config_;
};

}  // namespace gistmill::llama
