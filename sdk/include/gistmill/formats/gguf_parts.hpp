// A model in one GGUF file, or in the parts of one, as llama-gguf-split leaves them: NAME-00001-of-00003.gguf
// and so on, in one folder. Metadata is in the first part; tensors are in any of them.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include <gistmill/formats/gguf.hpp>

namespace gistmill::formats {

// The first part of the model that `path` is a part of, by its name; any other path as it is. Looks at no
// file.
std::filesystem::path gguf_first_part(const std::filesystem::path& path);

// Immutable after construction: any number of threads may read.
class GgufParts {
 public:
  // Any part opens all. Throws FormatError: also where a part is missing, which it names, or where what the
  // parts say of themselves (split.no, split.count, split.tensors.count) is not so.
  explicit GgufParts(const std::filesystem::path& path);
  explicit GgufParts(Gguf file);  // which is no part

  const Gguf& metadata() const { return files_.front(); }
  const std::vector<Gguf>& files() const { return files_; }
  std::size_t tensor_count() const;

  struct Tensor {
    const Gguf* file = nullptr;  // null: there is none of that name
    const GgufTensor* tensor = nullptr;
    explicit operator bool() const { return tensor != nullptr; }
  };
  Tensor find(std::string_view name) const;
  Tensor tensor(std::string_view name) const;  // throws FormatError where there is none

 private:
  std::vector<Gguf> files_;  // by number
};

}  // namespace gistmill::formats
