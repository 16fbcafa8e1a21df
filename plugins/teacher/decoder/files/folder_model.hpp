// A model in a Hugging Face folder: config.json, generation_config.json where there is one, and safetensors.
// config.json is hugging_face_config.hpp's affair; here are its tensors.
#pragma once

#include <gistmill/formats/safetensors_folder.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "plugins/teacher/decoder/files/model_file.hpp"

namespace gistmill::decoder {

class FolderModel final : public ModelFile {
 public:
  // Reads headers only (and the head, where a file has one that config.json ties to the embedding). ignore:
  // patterns of tensors that are left out. Throws Error (user) that names the file, what was found and what
  // was expected.
  explicit FolderModel(const std::string& folder, std::vector<std::string> ignore = {});

  // Of what config.json says about the computation, and of every weight file, whatever their names.
  std::string digest() const override;
  void release_pages() const override {
    for (const formats::Safetensors& file : files_.files()) file.release_pages();
  }

 private:
  struct Opened {
    nlohmann::json config;
    ModelPlan plan;
    formats::SafetensorsFolder files;
  };
  static Opened open(const std::string& folder);
  FolderModel(const std::string& folder, Opened opened, std::vector<std::string> ignore);
  void name_files(const std::string& folder);
  void place_tensors();
  bool is_ignored(std::string_view name) const;
  void check_tied_head(const std::string& prefix) const;
  void leave_out_others(const std::string& prefix);
  Place place(const NamedShape& wanted, const std::string& prefix);
  void read_rows(std::size_t tensor, std::int64_t first, std::int64_t count, float* out) const override;
  std::map<std::string, std::int64_t> stored_types() const override;
  std::int64_t file_bytes() const override { return static_cast<std::int64_t>(files_.bytes()); }

  // Of a matrix in FP8: what each block of its values is multiplied with.
  struct Scales {
    std::vector<float> values;  // [blocks of rows, columns], row-major; empty: there are none
    std::int64_t columns = 0;
  };
  Scales scales_of(const formats::ShardTensor& tensor) const;

  nlohmann::json json_;  // config.json
  formats::SafetensorsFolder files_;
  std::vector<std::string> ignore_;
  std::vector<formats::ShardTensor> tensors_;  // those in use, by Place::tensor
  std::vector<Scales> scales_;                 // of each of them
};

}  // namespace gistmill::decoder
