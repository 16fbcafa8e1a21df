// The weights of a Hugging Face folder: model.safetensors, or the shards that model.safetensors.index.json
// names. Not the model: what a tensor means is its reader's affair.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <gistmill/formats/error.hpp>
#include <gistmill/formats/safetensors.hpp>

namespace gistmill::formats {

// A tensor and the file that it lies in, which reads its rows.
struct ShardTensor {
  const Safetensors* file = nullptr;
  const SafetensorsTensor* tensor = nullptr;

  const SafetensorsTensor& operator*() const { return *tensor; }
  const SafetensorsTensor* operator->() const { return tensor; }
  explicit operator bool() const { return tensor != nullptr; }
  void read_rows(std::uint64_t first, std::uint64_t count, float* out) const {
    file->read_rows(*tensor, first, count, out);
  }
  void read_rows_bf16(std::uint64_t first, std::uint64_t count, std::uint16_t* out) const {
    file->read_rows_bf16(*tensor, first, count, out);
  }
};

// Every file is mapped and checked when the object is made; values are read when asked for. Immutable then:
// any number of threads may read. Throws FormatError.
//
// Of the index: shards are plain names of files in the same folder. Its other statements decide nothing:
// where they differ from the shards, notes() says so.
class SafetensorsFolder {
 public:
  // Takes model.safetensors where both are there, as transformers does.
  explicit SafetensorsFolder(const std::filesystem::path& folder);
  // Whether `folder` holds either, whatever is in it.
  static bool is_one(const std::filesystem::path& folder);

  ShardTensor find(std::string_view name) const;  // false where there is none
  ShardTensor tensor(std::string_view name) const;
  const std::deque<Safetensors>& files() const { return files_; }  // in the order the index names them
  std::size_t tensor_count() const;
  std::uint64_t bytes() const;                       // of all tensors, as stored
  const std::string& name() const { return name_; }  // of the file, or of the index
  // Where the index differs from its shards, a sentence each.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  std::string name_;
  std::vector<std::string> notes_;
  std::deque<Safetensors> files_;  // a deque: tensors are pointed to
};

}  // namespace gistmill::formats
