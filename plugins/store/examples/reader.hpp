// Reads an example file: what its header says is held against the size of the file, its columns are mapped.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <gistmill/formats/mapped_file.hpp>

#include "plugins/store/examples/layout.hpp"

namespace gistmill::examples {

class ExampleFileReader {
 public:
  // Throws FormatError: missing, damaged, truncated, another format or version.
  explicit ExampleFileReader(const std::filesystem::path& path);

  const Shape& shape() const { return shape_; }
  const std::string& digest() const { return digest_; }  // as written in the file
  const std::string& provenance() const { return provenance_; }
  const std::vector<std::string>& documents() const { return documents_; }  // their names

  std::uint64_t examples(std::size_t split) const { return splits_[split].examples; }
  // Example number `index`, below examples(split).
  std::int32_t document(std::size_t split, std::uint64_t index) const;
  std::int32_t begin(std::size_t split, std::uint64_t index) const;
  // out i32[T]. Throws FormatError where an id does not fit.
  void read_window(std::size_t split, std::uint64_t index, std::int32_t* out) const;
  // out f32[S, D]
  void read_hidden(std::size_t split, std::uint64_t index, float* out) const;

  // Reads everything and compares with the digest. Throws FormatError.
  void verify() const;

 private:
  // Of one split; where the columns begin in the file, in bytes.
  struct Split {
    std::uint64_t examples = 0;
    std::uint64_t windows = 0;
    std::uint64_t hidden = 0;
    std::uint64_t documents = 0;
    std::uint64_t begins = 0;
  };

  [[noreturn]] void fail(const std::string& what) const;
  void read_header();
  void read_split(std::int64_t file, std::size_t split);  // file: HDF5's identifier
  template <class T>
  T at(std::uint64_t column, std::uint64_t index) const;

  std::filesystem::path path_;
  formats::MappedFile map_;
  Shape shape_;
  std::string digest_;
  std::string provenance_;
  std::vector<std::string> documents_;
  std::array<Split, kSplits> splits_;
};

}  // namespace gistmill::examples
