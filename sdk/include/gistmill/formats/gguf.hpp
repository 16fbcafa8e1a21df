// Reads GGUF versions 2 and 3 (little endian): typed metadata, the table of tensors, and their values as
// floats. Not a writer, and not a model: what a key or a tensor means is its reader's affair.
//
// A file is data from strangers. Every length is checked against the bytes that are there before anything
// is allocated or read, and every product against overflow; arrays stay in the file until asked for. Neither
// opening a file nor reading any of its metadata costs more than twice its size and 1 MiB.
// Reference: ggml docs/gguf.md; where it is silent, the stricter reading (no nested arrays, no gaps).
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gistmill/formats/error.hpp>
#include <gistmill/formats/mapped_file.hpp>

namespace gistmill::formats {

// Types whose values this library can give as floats, with their numbers in the file. A tensor may have
// another one: it is then known by name and size only.
enum class GgufType : std::uint32_t {
  kF32 = 0,
  kF16 = 1,
  kQ4_0 = 2,
  kQ4_1 = 3,
  kQ5_0 = 6,
  kQ5_1 = 7,
  kQ8_0 = 8,
  kQ2_K = 10,
  kQ3_K = 11,
  kQ4_K = 12,
  kQ5_K = 13,
  kQ6_K = 14,
  kIQ4_NL = 20,
  kIQ4_XS = 23,
  kBF16 = 30,
  kTQ1_0 = 34,
  kTQ2_0 = 35,
  kMXFP4 = 39,
};
bool gguf_dequantizes(GgufType type);
// For messages: what a tensor's type should be, and what to do where it is another.
inline constexpr const char* kGgufDequantizedTypes =
    "F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS, TQ1_0, "
    "TQ2_0 or MXFP4; take the model in one of these, or convert it: llama-quantize --allow-requantize "
    "OLD.gguf NEW.gguf q8_0";
// "Q4_1"; "type 77" for a number that this reader does not know. Any number may be asked for.
std::string gguf_type_name(GgufType type);

struct GgufTensor {
  std::string_view name;  // in the file's memory
  GgufType type = GgufType::kF32;
  std::uint32_t rank = 0;
  // ggml's order: dims[0] is the length of a contiguous row. The shape elsewhere is the reverse of it.
  std::array<std::uint64_t, 4> dims{1, 1, 1, 1};
  std::uint64_t offset = 0;  // from the start of the file
  std::uint64_t bytes = 0;   // offset + bytes lies within the file

  std::uint64_t row_length() const { return dims[0]; }
  std::uint64_t rows() const { return dims[1] * dims[2] * dims[3]; }
  std::uint64_t elements() const { return dims[0] * rows(); }  // fits an int64
  std::vector<std::int64_t> shape() const;                     // row-major: [rows, row_length] for a matrix
};

// Numbers as in the file.
enum class GgufValueType : std::uint32_t {
  kU8 = 0,
  kI8,
  kU16,
  kI16,
  kU32,
  kI32,
  kF32,
  kBool,
  kString,
  kArray,
  kU64,
  kI64,
  kF64
};

// One metadata entry. A view: values are decoded when asked for.
struct GgufEntry {
  std::string_view key;
  GgufValueType type = GgufValueType::kU8;  // of the value, or of each element of an array
  bool is_array = false;
  std::uint64_t count = 1;
  std::uint64_t offset = 0;  // of the first value, from the start of the file
};

// Immutable after construction: any number of threads may read.
// All accessors throw FormatError, which names the file, the place, what was found and what was expected.
class Gguf {
 public:
  explicit Gguf(const std::filesystem::path& path);
  // From bytes that outlive the object; `name` stands for the file in messages.
  Gguf(std::string_view bytes, std::string name);

  // ---- metadata
  const std::vector<GgufEntry>& entries() const { return entries_; }  // in file order
  bool has(std::string_view key) const { return find_entry(key) != nullptr; }
  bool is_array(std::string_view key) const;  // false where it is missing
  // Any integer type is an integer, any float type or integer a number.
  std::int64_t integer(std::string_view key) const;
  std::int64_t integer_or(std::string_view key, std::int64_t fallback) const;
  double number(std::string_view key) const;
  double number_or(std::string_view key, double fallback) const;
  bool boolean(std::string_view key) const;
  bool boolean_or(std::string_view key, bool fallback) const;
  std::string_view string(std::string_view key) const;
  std::vector<std::string_view> strings(std::string_view key) const;  // views into the file's memory
  // Of elements of less than 4 bytes at most 65,536.
  std::vector<std::int64_t> integers(std::string_view key) const;
  std::vector<double> numbers(std::string_view key) const;
  std::vector<bool> booleans(std::string_view key) const;
  std::string_view bytes(std::string_view key) const;  // an array of 8-bit integers, in the file's memory

  // ---- tensors
  const std::vector<GgufTensor>& tensors() const { return tensors_; }  // in file order
  const GgufTensor* find_tensor(std::string_view name) const;          // null where there is none
  const GgufTensor& tensor(std::string_view name) const;
  // The stored bytes; aligned only as the file's general.alignment says.
  std::string_view data(const GgufTensor& tensor) const { return bytes_.substr(tensor.offset, tensor.bytes); }

  // out: elements() floats, in the order of the file. Exactly ggml's values, with its roundings. Refuses a
  // type that gguf_dequantizes() does not name.
  void dequantize(const GgufTensor& tensor, float* out) const;
  // out: count x row_length() floats, the rows [first, first + count). Several threads may share a tensor.
  void dequantize_rows(const GgufTensor& tensor, std::uint64_t first, std::uint64_t count, float* out) const;
  // The same rounded to bf16 (nearest, ties to even), without a copy in floats; BF16 is copied bit for bit.
  void dequantize_rows_bf16(const GgufTensor& tensor, std::uint64_t first, std::uint64_t count,
                            std::uint16_t* out) const;

  const std::string& name() const { return name_; }

  // Gives back the memory of a mapped file's pages (mapped_file.hpp).
  void release_pages() const;

 private:
  void parse();
  void read_entries(struct GgufCursor& cursor, std::uint64_t count);
  void read_tensors(struct GgufCursor& cursor, std::uint64_t count);
  void place_tensors(std::uint64_t data_start, std::uint64_t alignment);
  std::uint64_t alignment() const;
  const GgufEntry* find_entry(std::string_view key) const;
  const GgufEntry& entry(std::string_view key) const;
  const GgufEntry& scalar(std::string_view key, std::string_view expected) const;
  const GgufEntry& array(std::string_view key, std::string_view expected) const;
  [[noreturn]] void refuse(const GgufEntry& entry, std::string_view expected) const;
  void check_width(const GgufEntry& entry) const;
  std::int64_t integer_at(const GgufEntry& entry, std::uint64_t index) const;
  double number_at(const GgufEntry& entry, std::uint64_t index) const;
  std::string_view row_bytes(const GgufTensor& tensor, std::uint64_t first, std::uint64_t count) const;

  std::shared_ptr<const MappedFile> file_;  // null where the bytes belong to someone else
  std::string_view bytes_;
  std::string name_;
  std::vector<GgufEntry> entries_;
  std::vector<GgufTensor> tensors_;
  std::vector<std::uint32_t> entries_by_key_;
  std::vector<std::uint32_t> tensors_by_name_;
};

}  // namespace gistmill::formats
