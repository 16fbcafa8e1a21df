// Reads a gist store, also one that grows: what was finished when it was opened. Asks HDF5 nothing. Every
// length of the file is checked on opening, every row by its checksum when it is read. Any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <gistmill/formats/mapped_file.hpp>

#include "plugins/store/gists/layout.hpp"

namespace gistmill::gists {

// What a row says of itself.
struct RowHead {
  std::uint32_t document = 0;
  std::uint32_t block = 0;
  std::uint16_t tokens = 0;
  std::uint8_t level = 0;
  std::uint64_t compressor = 0;
  std::uint64_t text = 0;
};

RowHead head_of(const char* row);
// What is wrong with the bytes of a row, its checksum first; empty: nothing.
std::string defect_of_row(const Slot& slot, const RowLayout& layout, const char* row);
// Of a row without defect: 1 for each of its K tokens that stays beside the block's gist.
std::vector<std::uint8_t> kept_of(const Shape& shape, const RowLayout& layout, const char* row);
// Of a row without defect. ids: [tokens of the row]; gist: f32[G, D]; offsets: [G]; null: not asked for.
void decode_row(const Shape& shape, const RowLayout& layout, const char* row, std::int32_t* ids, float* gist,
                std::int32_t* offsets);

class GistReader {
 public:
  // Takes a fixed time, however large the store is. Throws FormatError naming the file.
  explicit GistReader(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  const Slot& slot() const { return slot_; }
  const Shape& shape() const { return slot_.shape; }
  const RowLayout& layout() const { return layout_; }
  std::string_view about() const { return about_; }  // JSON, checked
  std::uint64_t rows() const { return slot_.rows; }
  std::uint64_t bytes() const { return map_.size(); }

  // Name of a document below slot().documents. Throws FormatError where it is damaged.
  std::string document(std::uint32_t number) const;

  // As it stands there, unchecked: for going through many.
  RowHead head(std::uint64_t row) const { return head_of(begin(row)); }
  // Throws FormatError naming the block where a row is damaged.
  void check(std::uint64_t row) const;
  // Checked; as decode_row.
  RowHead read(std::uint64_t row, std::int32_t* ids, float* gist, std::int32_t* offsets) const;
  // As kept_of; of a row that was read.
  std::vector<std::uint8_t> kept(std::uint64_t row) const {
    return kept_of(slot_.shape, layout_, begin(row));
  }
  // "block 3 of 'a.txt'"; level 2: "group 3 of 'a.txt'"
  std::string name_of(const RowHead& head) const;

  // Gives back the memory of what was read so far.
  void release_pages() const { map_.release_pages(); }

 private:
  const char* begin(std::uint64_t row) const {
    return map_.bytes().data() + slot_.rows_at + row * layout_.bytes;
  }
  Slot read_slot() const;
  void check_places() const;
  [[noreturn]] void fail(const std::string& what) const;

  std::filesystem::path path_;
  formats::MappedFile map_;
  Slot slot_;
  RowLayout layout_;
  std::string_view about_;
};

}  // namespace gistmill::gists
