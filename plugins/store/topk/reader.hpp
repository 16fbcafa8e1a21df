// Reads a teacher cache: what its header says is held against the size of the file, its columns are mapped.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>

#include <gistmill/formats/mapped_file.hpp>

#include "plugins/store/topk/codec.hpp"
#include "plugins/store/topk/layout.hpp"

namespace gistmill::topk {

class TopkReader {
 public:
  // Throws FormatError: missing, damaged, truncated, another format or version.
  explicit TopkReader(const std::filesystem::path& path);

  const Header& header() const { return header_; }
  const std::string& digest() const { return digest_; }  // as written in the file
  const std::string& provenance() const { return provenance_; }
  std::uint64_t size() const { return count_; }  // sequences
  std::size_t id_bytes() const { return id_bytes_; }

  // The place of a sequence in the file; false where it is not there.
  bool find(std::int32_t sequence, std::uint64_t& place) const;

  // Whether the sequence in this place was made from these ids [T].
  bool is_of(std::uint64_t place, const std::int32_t* ids) const;

  // The `tokens` most probable of each row, at most header().tokens: i32 and f32 [T, tokens].
  void read(std::uint64_t place, std::int64_t tokens, std::int32_t* topk_ids, float* log_probability) const;

  // Reads everything and compares with the digest. Throws FormatError.
  void verify() const;

 private:
  [[noreturn]] void fail(const std::string& what) const;
  void read_header();
  const char* column(std::uint64_t begin, std::uint64_t bytes_each, std::uint64_t place) const {
    return map_.bytes().data() + begin + place * bytes_each;
  }
  std::uint64_t row_count() const { return static_cast<std::uint64_t>(header_.length); }
  void read_ids(std::uint64_t place, std::int64_t tokens, std::int32_t* out) const;
  void read_row(std::uint64_t place, std::int64_t row, float* out) const;  // [header().tokens]

  std::filesystem::path path_;
  formats::MappedFile map_;
  Header header_;
  std::string digest_;
  std::string provenance_;
  std::uint64_t count_ = 0;
  std::size_t id_bytes_ = 4;
  // Where the columns begin, in bytes; values: logarithms or codes.
  std::uint64_t sequences_ = 0, digests_ = 0, ids_ = 0, values_ = 0, scales_ = 0;
  std::unordered_map<std::int32_t, std::uint64_t> places_;
};

}  // namespace gistmill::topk
