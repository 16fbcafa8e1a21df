// The sequences of a folder of packed shards: which there are, and what each holds. Knows no order.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "plugins/store/packed/manifest.hpp"
#include "plugins/store/packed/shard_reader.hpp"

namespace gistmill::dataset {

// Where one sequence lies.
struct PackedRow {
  std::uint32_t shard = 0;
  std::uint64_t sequence = 0;  // in that shard and split
};

class PackedCorpus {
 public:
  // From the index that the host names, or from a folder's manifest. Both open every shard. Throw
  // FormatError: no manifest, a shard that is missing, or was changed since the manifest was written.
  static PackedCorpus of_index(const std::filesystem::path& index);
  static PackedCorpus of_folder(const std::filesystem::path& folder);

  const packed::Manifest& manifest() const { return manifest_; }
  const std::filesystem::path& folder() const { return folder_; }
  std::int64_t length() const { return manifest_.length; }

  // All sequences of a split (0 train, 1 validation), in the order of the sources' names; those of joined
  // rests come last.
  std::vector<PackedRow> rows(std::size_t split) const;

  // ids i32[T]; counts f32[T], 1 for each token, 0 for padding; boundaries i32[T], 1 where a document begins.
  void read(std::size_t split, const PackedRow& row, std::int32_t* ids, float* counts,
            std::int32_t* boundaries) const;

  // The number of the document that the sequence begins in; counted over train, then over validation.
  std::int32_t document(std::size_t split, const PackedRow& row) const;

  // Reads every shard and compares its digest. Throws FormatError.
  void verify() const;

  std::string digest() const;  // of all that rows and read give

 private:
  PackedCorpus(std::filesystem::path folder, packed::Manifest manifest);
  void open(const packed::PackedShard& shard);
  void number_documents();

  std::filesystem::path folder_;
  packed::Manifest manifest_;
  std::vector<packed::ShardReader> shards_;
  std::vector<std::array<std::int32_t, 2>> first_documents_;  // [shard][split]
};

}  // namespace gistmill::dataset
