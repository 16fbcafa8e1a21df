// What writer and reader of a gist store agree on; docs/gist-store.md is the same in words. All numbers of
// the file are little endian.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gistmill::gists {

constexpr std::uint32_t kVersion = 2;
constexpr std::uint64_t kUserBlock = 8192;       // bytes before HDF5's own
constexpr std::uint64_t kSlots[] = {512, 4096};  // where the two slots begin, in pages of their own
constexpr std::size_t kSlotBytes = 144;
constexpr std::uint64_t kRowsFields = 2;     // side by side in HDF5's part: the rows, and the most of them
constexpr std::size_t kDocumentBytes = 256;  // of an entry of /documents: a name and its checksum
constexpr std::size_t kNameBytes = kDocumentBytes - sizeof(std::uint64_t);

// How the numbers of a gist are stored.
enum class Precision : std::uint32_t { f32, f16, bf16, int8, int4 };
constexpr std::uint32_t kPrecisions = 5;
constexpr std::uint32_t kGroup = 32;  // numbers of a gist that share a scale in int4
const char* precision_name(Precision precision);
std::optional<Precision> precision_of(std::string_view name);

// What all rows of a store have in common.
struct Shape {
  std::uint32_t block = 0;      // K, tokens
  std::uint32_t gists = 0;      // G, of one block
  std::uint32_t width = 0;      // D
  std::uint32_t documents = 0;  // room for so many names
  Precision precision = Precision::f32;

  bool operator==(const Shape&) const = default;
  std::uint32_t group() const { return block * block; }  // tokens of a row of level 2: K blocks
  std::size_t numbers() const { return std::size_t{gists} * width; }
  std::size_t kept_bytes() const { return (block + std::size_t{7}) / 8; }
  std::size_t groups() const { return (width + std::size_t{kGroup} - 1) / kGroup; }  // of a gist, in int4
  std::size_t code_bytes() const;                                                    // of one gist's numbers
  std::size_t scale_bytes() const;                                                   // of one gist's scales
};
// Empty where a file may have it, else what is wrong.
std::string refusal_of(const Shape& shape);

// Where the fields of a row lie, in bytes from its begin.
struct RowLayout {
  explicit RowLayout(const Shape& shape);

  static constexpr std::size_t document = 0;  // u32, number of the document
  static constexpr std::size_t block = 4;     // u32, number of the block in it; level 2: of the group
  static constexpr std::size_t tokens = 8;    // u16, of the block: K, or fewer at a document's end
  static constexpr std::size_t level = 10;    // u8, 0: tokens alone, 1: with their gist, 2: gist of K blocks
  static constexpr std::size_t compressor = 12;  // u64, which compressor made the gist
  static constexpr std::size_t text = 20;        // u64, checksum of the document's tokens up to here
  static constexpr std::size_t offset = 28;      // u16[G], place of each gist in the block or group
  std::size_t kept;                              // u8[K / 8], a bit for each token that stays beside its gist
  std::size_t ids;                               // u32[K]; level 2: 0
  std::size_t gist;                              // [G, D]
  std::size_t scale;                             // int8: f32[G]; int4: f16[G, groups]
  std::size_t checksum;                          // u64, XXH3 of the row before it
  std::size_t bytes;
};

// What a file holds, as far as it is finished. A file has two; the one with the greater sequence counts, of
// those whose checksum is right.
struct Slot {
  Shape shape;
  std::uint32_t documents = 0;  // that have a name
  std::uint64_t sequence = 0;   // counts commits
  std::uint64_t rows = 0;
  std::uint64_t about_at = 0;
  std::uint64_t about_bytes = 0;
  std::uint64_t about_checksum = 0;
  std::uint64_t documents_at = 0;
  std::uint64_t rows_at = 0;
  // Where HDF5 says the same: the file's end, bytes and number of the rows.
  std::uint64_t end_field = 0;
  std::uint64_t bytes_field = 0;
  std::uint64_t rows_field = 0;
};

std::string encode(const Slot& slot);  // kSlotBytes
// Nothing where the bytes are no slot; a slot of another version throws FormatError.
std::optional<Slot> decode_slot(std::string_view bytes);

std::uint64_t checksum_of(std::string_view bytes, std::uint64_t seed = 0);

template <class T>
T load(const char* from);
template <class T>
void save(char* to, T value);

}  // namespace gistmill::gists

#include <cstring>

template <class T>
T gistmill::gists::load(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}
template <class T>
void gistmill::gists::save(char* to, T value) {
  std::memcpy(to, &value, sizeof value);
}
