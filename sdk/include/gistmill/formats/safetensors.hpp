// Reads and writes safetensors: named tensors behind a JSON header, little endian.
// Not a store of anything else: what a name means, and which file is current, is its user's affair.
//
// The reader takes only files that say one thing: unique names, known dtypes, tensors that fill the data
// without gap or overlap, no bytes after them. Reference: huggingface/safetensors, README and tensor.rs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gistmill/formats/error.hpp>
#include <gistmill/formats/mapped_file.hpp>

namespace gistmill::formats {

enum class SafetensorsDtype : std::uint8_t {
  kBool,
  kU8,
  kI8,
  kF8E5M2,
  kF8E4M3,
  kI16,
  kU16,
  kF16,
  kBF16,
  kI32,
  kU32,
  kF32,
  kF64,
  kI64,
  kU64
};
const char* safetensors_dtype_name(SafetensorsDtype dtype);  // "F32"
std::size_t safetensors_dtype_size(SafetensorsDtype dtype);  // bytes of an element

struct SafetensorsTensor {
  std::string name;
  SafetensorsDtype dtype = SafetensorsDtype::kF32;
  std::vector<std::int64_t> shape;  // row-major; empty for a scalar
  std::string_view data;            // in the file's memory; may be unaligned
};

// Immutable after construction: any number of threads may read. Throws FormatError.
class Safetensors {
 public:
  explicit Safetensors(const std::filesystem::path& path);
  // From bytes that outlive the object; `name` stands for the file in messages.
  Safetensors(std::string_view bytes, std::string name);

  const std::vector<SafetensorsTensor>& tensors() const { return tensors_; }  // in the order of their data
  const SafetensorsTensor* find(std::string_view name) const;                 // null where there is none
  const SafetensorsTensor& tensor(std::string_view name) const;
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  const std::string& name() const { return name_; }

 private:
  void parse(std::string_view bytes);

  std::shared_ptr<const MappedFile> file_;  // null where the bytes belong to someone else
  std::string name_;
  std::vector<SafetensorsTensor> tensors_;
  std::vector<std::uint32_t> by_name_;
  std::map<std::string, std::string> metadata_;
};

struct SafetensorsItem {
  std::string name;
  SafetensorsDtype dtype = SafetensorsDtype::kF32;
  std::vector<std::int64_t> shape;
  const void* data = nullptr;  // contiguous, row-major
  std::size_t bytes = 0;       // must be what dtype and shape say
};

// Gives the file to `sink` piece by piece, in order: header, then data. The same tensors give the same
// bytes, whatever their order here: larger dtypes first, then by name, so that each lies aligned to its
// dtype. Throws FormatError before the first byte where an item is wrong; what `sink` throws passes through.
void write_safetensors(const std::function<void(const void* data, std::size_t size)>& sink,
                       std::vector<SafetensorsItem> items,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace gistmill::formats
