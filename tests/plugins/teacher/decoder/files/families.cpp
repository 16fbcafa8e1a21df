#include "tests/plugins/teacher/decoder/files/families.hpp"

#include <ATen/ATen.h>

#include <cstring>
#include <gistmill/formats/safetensors.hpp>

namespace gistmill::decoder::test {

const std::vector<Family>& families() {
  static const std::vector<Family> all = {
      {"llama2", "llama", true},
      {"llama31", "llama", true},
      {"llama-linear", "llama", false},
      {"mistral", "mistral", false},
      {"smollm3", "smollm3", true},
      {"qwen2", "qwen2", true},
      {"qwen3", "qwen3", true},
      {"gpt2", "gpt2", true},
      {"qwen2-window", "qwen2", false},
      {"qwen3-window", "qwen3", false},
      {"mistral-window", "mistral", false},
      {"gemma3", "gemma3_text", true},
      {"gemma3-old", "gemma3_text", false},
      {"llama-yarn", "llama", false},
      {"qwen2-yarn", "qwen2", true},
      {"smollm3-yarn", "smollm3", false},
      {"llama-longrope", "llama", false},
      {"llama-dynamic", "llama", false},
      {"qwen3-fp8", "qwen3", false},
      {"qwen3-fp8-edge", "qwen3", false},
  };
  return all;
}

std::string families_folder() {
  return GISTMILL_SOURCE_DIR "/tests/plugins/teacher/decoder/fixtures/families";
}
std::string adapters_folder() {
  return GISTMILL_SOURCE_DIR "/tests/plugins/teacher/decoder/fixtures/adapters";
}
std::string folder_of(const Family& family) { return families_folder() + "/" + family.name; }
std::string gguf_of(const Family& family) { return folder_of(family) + ".gguf"; }

at::Tensor load_tensor(const std::string& path, const std::string& name) {
  const formats::Safetensors file(path);
  const formats::SafetensorsTensor& tensor = file.tensor(name);
  const at::Tensor values =
      at::empty(tensor.shape, tensor.dtype == formats::SafetensorsDtype::kI32 ? at::kInt : at::kFloat);
  if (values.nbytes() != tensor.data.size())
    throw std::runtime_error(path + ": " + name + " is no F32 or I32");
  std::memcpy(values.mutable_data_ptr(), tensor.data.data(), tensor.data.size());
  return values;
}

Expected expected_of(const std::string& name) {
  const std::string path = families_folder() + "/" + name + ".expected.safetensors";
  return {load_tensor(path, "ids"), load_tensor(path, "logits"), load_tensor(path, "state_1"),
          load_tensor(path, "hidden"), load_tensor(path, "gradient")};
}

at::Tensor weights_of(const at::Tensor& logits) {
  return at::arange(1, logits.numel() + 1, at::kDouble).sin().to(at::kFloat).view(logits.sizes());
}

}  // namespace gistmill::decoder::test
