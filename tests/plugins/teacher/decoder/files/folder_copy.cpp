#include "tests/plugins/teacher/decoder/files/folder_copy.hpp"
#include "tests/support/file_bytes.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <gistmill/formats/safetensors.hpp>

namespace gistmill::decoder::test {

namespace fs = std::filesystem;

FolderCopy::FolderCopy(const std::string& name, const std::string& parent) {
  static int count = 0;
  path_ = fs::path(testing::TempDir()) /
          ("gistmill_" + name + "_" + std::to_string(::getpid()) + "_" + std::to_string(++count));
  fs::remove_all(path_);
  fs::copy(parent + "/" + name, path_, fs::copy_options::recursive);
}

std::string FolderCopy::text(const std::string& name) const { return gistmill::test::bytes_of(path_ / name); }

void FolderCopy::write(const std::string& name, const std::string& text) const {
  std::ofstream(path_ / name, std::ios::binary) << text;
}

void FolderCopy::change_json(const std::string& name,
                             const std::function<void(nlohmann::json&)>& change) const {
  nlohmann::json json = nlohmann::json::parse(text(name));
  change(json);
  write(name, json.dump());
}

void FolderCopy::change_tensors(const std::function<void(std::vector<RawTensor>&)>& change,
                                const std::string& name) const {
  std::vector<RawTensor> tensors;
  {
    const formats::Safetensors file(path_ / name);
    for (const formats::SafetensorsTensor& tensor : file.tensors()) {
      RawTensor raw{std::string(tensor.name), tensor.shape, {}};
      raw.values.resize(tensor.rows() * tensor.row_length());
      file.read_rows(tensor, 0, tensor.rows(), raw.values.data());
      tensors.push_back(std::move(raw));
    }
  }
  change(tensors);
  std::vector<formats::SafetensorsItem> items;
  for (const RawTensor& tensor : tensors) {
    items.push_back({tensor.name, formats::SafetensorsDtype::kF32, tensor.shape, tensor.values.data(),
                     tensor.values.size() * sizeof(float)});
  }
  std::string bytes;
  formats::write_safetensors(
      [&](const void* data, std::size_t size) { bytes.append(static_cast<const char*>(data), size); }, items);
  write(name, bytes);
}

void put_images_beside(const FolderCopy& folder, const std::string& prefix) {
  folder.change_json("config.json", [](nlohmann::json& config) {
    const nlohmann::json text = config;
    config = {{"model_type", "gemma3"},
              {"architectures", {"Gemma3ForConditionalGeneration"}},
              {"eos_token_id", {2, 9}},
              {"vision_config", {{"model_type", "siglip_vision_model"}}},
              {"text_config", text}};
    config["text_config"].erase("eos_token_id");
  });
  folder.change_tensors([&](std::vector<RawTensor>& tensors) {
    for (RawTensor& tensor : tensors) tensor.name = prefix + tensor.name.substr(std::string("model.").size());
    tensors.push_back({"vision_tower.vision_model.post_layernorm.bias", {2}, {0.5f, 0.25f}});
    tensors.push_back({"multi_modal_projector.mm_soft_emb_norm.weight", {1}, {1.0f}});
  });
}

}  // namespace gistmill::decoder::test
