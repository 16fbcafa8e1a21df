// A model in a GGUF file (llama.cpp), or in the parts of one. Its metadata is gguf_config.hpp's affair; here
// are its tensors.
#pragma once

#include <gistmill/formats/gguf_parts.hpp>
#include <string>
#include <string_view>

#include "plugins/teacher/decoder/files/model_file.hpp"

namespace gistmill::decoder {

class GgufModel final : public ModelFile {
 public:
  // Reads headers only. Throws Error (user) that names the file, what was found and what was expected.
  explicit GgufModel(const std::string& path);
  // From bytes that outlive the object; `name` stands for the file in messages.
  GgufModel(std::string_view bytes, const std::string& name);

  std::string digest() const override;
  void release_pages() const override {
    for (const formats::Gguf& file : files_.files()) file.release_pages();
  }

 private:
  explicit GgufModel(formats::GgufParts files);
  void place_tensors();
  Place place(const NamedShape& tensor);
  void read_rows(std::size_t tensor, std::int64_t first, std::int64_t count, float* out) const override;
  std::map<std::string, std::int64_t> stored_types() const override;
  std::int64_t file_bytes() const override;

  formats::GgufParts files_;
  std::vector<formats::GgufParts::Tensor> tensors_;  // those in use, by Place::tensor
};

}  // namespace gistmill::decoder
