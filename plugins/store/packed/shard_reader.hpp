// Reads a packed shard. All but the ids is checked on opening; verify() reads everything. Any thread may
// read.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <gistmill/formats/mapped_file.hpp>

#include "plugins/store/packed/layout.hpp"

namespace gistmill::packed {

class ShardReader {
 public:
  // Throws FormatError: missing, damaged, cut short, another format or version; or labels that are shifted
  // already, or that nothing is said of.
  explicit ShardReader(const std::filesystem::path& path);

  const ShardHeader& header() const { return header_; }
  const std::string& digest() const { return digest_; }  // as written in the file

  std::uint64_t tokens(std::size_t split) const { return splits_[split].tokens; }
  // The last one may be short.
  std::uint64_t sequences(std::size_t split) const {
    return sequences_of(splits_[split].tokens, header_.length);
  }
  std::uint64_t documents(std::size_t split) const { return splits_[split].begins.size(); }
  // [document]: its first token among those of the split; ascending, the first is 0.
  const std::vector<std::int64_t>& begins(std::size_t split) const { return splits_[split].begins; }
  // The document that a token belongs to.
  std::size_t document_at(std::size_t split, std::uint64_t token) const;

  // Tokens of a sequence: T, or fewer of the last one.
  std::int64_t size(std::size_t split, std::uint64_t sequence) const;
  // Its ids into out[T]; 0 behind its tokens.
  void read(std::size_t split, std::uint64_t sequence, std::int32_t* out) const;

  // [document], from the file. Throws FormatError.
  std::vector<std::string> names(std::size_t split) const;

  // Compares the content with the digest. Throws FormatError.
  void verify() const;

 private:
  struct Split {
    std::uint64_t tokens = 0;
    std::uint64_t ids = 0;    // where they begin, in bytes
    std::uint64_t width = 0;  // of an id, in bytes
    std::vector<std::int64_t> begins;
  };

  void read_header();
  void read_split(std::int64_t file, std::size_t split);
  [[noreturn]] void fail(const std::string& what) const;

  std::filesystem::path path_;
  formats::MappedFile map_;
  ShardHeader header_;
  std::string digest_;
  std::array<Split, kSplits> splits_;
};

}  // namespace gistmill::packed
