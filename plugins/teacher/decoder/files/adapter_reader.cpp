#include "plugins/teacher/decoder/files/adapter_reader.hpp"

#include <ATen/ATen.h>

#include <gistmill/formats/digest.hpp>

#include "plugins/teacher/decoder/files/refusal.hpp"

namespace gistmill::decoder {
namespace {

// Without the adapter's name, where it is the one that PEFT gives.
std::string without_adapter_name(std::string name) {
  for (const char* before : {"lora_A", "lora_B", "lora_embedding_A", "lora_embedding_B",
                             "lora_magnitude_vector", "trainable_tokens_delta", "ia3_l"}) {
    const std::string named = std::string(".") + before + ".default";
    const std::size_t found = name.find(named);
    if (found == name.npos) continue;
    const std::size_t end = found + named.size();
    if (end == name.size() || name[end] == '.') return name.erase(end - 8, 8);  // ".default"
  }
  const std::string whole = ".modules_to_save.default.";
  const std::size_t found = name.find(whole);
  return found == name.npos ? name : name.replace(found, whole.size(), ".");
}

}  // namespace

AdapterReader::AdapterReader(const formats::Safetensors& file) : file_(file) {
  for (const formats::SafetensorsTensor& tensor : file.tensors())
    tensors_.emplace(std::string(tensor.name), &tensor);
  for (const formats::SafetensorsTensor& tensor : file.tensors()) {
    const std::string name(tensor.name);
    const std::string plain = without_adapter_name(name);
    if (plain != name && tensors_.emplace(plain, &tensor).second) tensors_.erase(name);
  }
}

const formats::SafetensorsTensor& AdapterReader::find(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) refuse(file_.name() + ": has no tensor " + formats::printable(name));
  return *found->second;
}

at::Tensor AdapterReader::take(const std::string& name, const std::vector<std::int64_t>& shape) {
  const formats::SafetensorsTensor& found = find(name);
  check_shape(file_.name(), name, found.shape, shape);
  at::Tensor values = at::empty(shape, at::kFloat);
  file_.read_rows(found, 0, found.rows(), values.mutable_data_ptr<float>());
  taken_.insert(name);
  return values;
}

void AdapterReader::refuse_others(const Config& config) const {
  for (const auto& [name, tensor] : tensors_) {
    if (taken_.contains(name)) continue;
    refuse(file_.name() + ": has tensor " + formats::printable(name) + ", which is not an adapter of a " +
           config.architecture + " model of " + std::to_string(config.layers) + " layers");
  }
  if (tensors_.empty()) refuse(file_.name() + ": holds no adapter");
}

}  // namespace gistmill::decoder
