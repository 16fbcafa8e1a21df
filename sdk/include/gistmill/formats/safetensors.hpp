// Reads and writes safetensors: named tensors behind a JSON header, little endian.
// Not a store of anything else: what a name means, and which file is current, is its user's affair.
//
// The reader takes only files that say one thing: unique names, known dtypes, tensors that fill the data
// without gap or overlap, no bytes after them. Opening a file costs at most twice the length of its header,
// whatever it says. Reference: huggingface/safetensors, README and tensor.rs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
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
std::optional<SafetensorsDtype> safetensors_dtype(std::string_view name);
std::size_t safetensors_dtype_size(SafetensorsDtype dtype);  // bytes of an element

struct SafetensorsTensor {
  std::string_view name;  // valid as long as its Safetensors
  SafetensorsDtype dtype = SafetensorsDtype::kF32;
  std::vector<std::int64_t> shape;  // row-major; empty for a scalar; at most 8 dimensions
  std::string_view data;            // in the file's memory; may be unaligned

  // A row is the last dimension, as in GGUF: a matrix has shape[0] rows, a vector or scalar one.
  std::uint64_t row_length() const;
  std::uint64_t rows() const;
};
// True of F32, F16, BF16, F64, F8_E4M3 and F8_E5M2.
bool safetensors_gives_floats(SafetensorsDtype dtype);

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

  // out: count x row_length() values, the rows [first, first + count). Of F32, F16 and BF16 tensors, exactly;
  // of F64, rounded; others are refused. Several threads may share a tensor.
  void read_rows(const SafetensorsTensor& tensor, std::uint64_t first, std::uint64_t count, float* out) const;
  // The same as bf16, rounded to nearest, ties to even; BF16 is copied bit for bit.
  void read_rows_bf16(const SafetensorsTensor& tensor, std::uint64_t first, std::uint64_t count,
                      std::uint16_t* out) const;

  // Gives back the memory of a mapped file's pages (mapped_file.hpp).
  void release_pages() const;

 private:
  void parse(std::string_view bytes);
  void sort_by_data(std::string_view data, std::uint64_t data_start);
  void sort_by_name();
  std::string_view row_bytes(const SafetensorsTensor& tensor, std::uint64_t first, std::uint64_t count) const;

  std::shared_ptr<const MappedFile> file_;    // null where the bytes belong to someone else
  std::shared_ptr<std::vector<char>> names_;  // of names that the header writes with escapes
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
