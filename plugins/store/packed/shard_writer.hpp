// Writes a packed shard, which appears under its name with commit() or not at all: ids wait in unnamed files
// of the same folder, so a process that dies leaves nothing behind. One thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <gistmill/files/descriptor.hpp>
#include <gistmill/files/new_file.hpp>
#include <gistmill/formats/digest.hpp>
#include <gistmill/formats/hdf5.hpp>

#include "plugins/store/packed/layout.hpp"

namespace gistmill::packed {

struct SplitCounts {
  std::uint64_t tokens = 0;
  std::uint64_t documents = 0;
};

class ShardWriter {
 public:
  // The folder exists. Throws files::FileError where it takes no files.
  ShardWriter(std::filesystem::path path, ShardHeader header);
  ShardWriter(const ShardWriter&) = delete;
  ShardWriter& operator=(const ShardWriter&) = delete;

  // One document behind those of its split. Without ids nothing is kept of it. Throws FormatError: another
  // split than 0 or 1, a negative id, a name of more than 1024 bytes; and files::FileError.
  void append(const std::int32_t* tokens, std::size_t count, std::string_view name, std::int32_t split);

  // Durable and visible when it returns; replaces an older shard. A shard without any token is legal: its
  // source has none. The content's digest.
  std::string commit();

  const std::array<SplitCounts, kSplits>& counts() const { return counts_; }

 private:
  struct Split {
    files::Descriptor spool;  // ids as int32, those of `pending` not among them
    std::vector<std::int32_t> pending;
    std::vector<std::int64_t> begins;  // [document]: its first token
    std::vector<std::string> names;    // [document]
    formats::Sha256 ids_sha;
    formats::Sha256 documents_sha;
  };

  // Ids whose bytes are to be written at `at`, where HDF5 left a hole for them.
  struct Hole {
    std::size_t split = 0;
    std::uint64_t at = 0;
  };

  void flush(std::size_t split);
  std::string digest();
  void write_documents(hid_t file, std::size_t split) const;
  std::vector<Hole> make_splits(hid_t file) const;
  formats::hdf5::MemoryFile make_image(const std::string& digest, std::vector<Hole>& holes) const;
  void copy_until(std::uint64_t end, int image, files::NewFile& file) const;
  template <class Stored>
  void copy_ids(std::size_t split, files::NewFile& file) const;

  std::filesystem::path path_;
  ShardHeader header_;
  std::int32_t largest_ = 0;
  std::array<Split, kSplits> splits_;
  std::array<SplitCounts, kSplits> counts_{};
};

}  // namespace gistmill::packed
