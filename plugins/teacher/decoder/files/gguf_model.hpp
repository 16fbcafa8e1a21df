// A model in a GGUF file (llama.cpp). Its metadata is gguf_config.hpp's affair; here are its tensors.
#pragma once

#include <gistmill/formats/gguf.hpp>
#include <string>
#include <string_view>

#include "plugins/teacher/decoder/files/model_file.hpp"

namespace gistmill::decoder {

class GgufModel final : public ModelFile {
 public:
  // Reads the header only. Throws Error (user) that names the file, what was found and what was expected.
  explicit GgufModel(const std::string& path);
  // From bytes that outlive the object; `name` stands for the file in messages.
  GgufModel(std::string_view bytes, const std::string& name);

  std::string digest() const override;
  void release_pages() const override { file_.release_pages(); }

 private:
  explicit GgufModel(formats::Gguf file);
  void place_tensors();
  Place place(const NamedShape& tensor) const;
  void read_rows(std::size_t tensor, std::int64_t first, std::int64_t count, float* out) const override;
  std::map<std::string, std::int64_t> stored_types() const override;
  std::int64_t file_bytes() const override;

  formats::Gguf file_;
};

}  // namespace gistmill::decoder
