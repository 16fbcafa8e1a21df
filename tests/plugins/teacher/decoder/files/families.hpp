// The tiny models of fixtures/families and what transformers computes from them (make_families.py).
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace gistmill::decoder::test {

struct Family {
  std::string name;          // of its folder
  std::string architecture;  // Hugging Face's model_type
  bool has_gguf = false;
};
const std::vector<Family>& families();

std::string families_folder();
std::string adapters_folder();  // made by PEFT for some of them (make_adapter.py)
std::string folder_of(const Family& family);
std::string gguf_of(const Family& family);

// In fp32.
struct Expected {
  at::Tensor ids;       // i32[T]
  at::Tensor logits;    // [T, V]
  at::Tensor state_1;   // [T, D]: after the first layer
  at::Tensor hidden;    // [T, D]: after the final norm
  at::Tensor gradient;  // [T, D]: of sum(logits * weights_of(logits)), with respect to the input embeddings
};
Expected expected_of(const std::string& name);
at::Tensor weights_of(const at::Tensor& logits);

// A tensor of a safetensors file, F32 or I32.
at::Tensor load_tensor(const std::string& path, const std::string& name);

}  // namespace gistmill::decoder::test
