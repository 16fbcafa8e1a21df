#include "plugins/dataset/packed/corpus.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <gistmill/formats/digest.hpp>
#include <gistmill/formats/error.hpp>

#include "plugins/store/packed/index.hpp"
#include "plugins/store/packed/presence.hpp"

namespace gistmill::dataset {
namespace {

// Of shards that are not as the manifest says.
constexpr const char* kPackAgain = "; `gistmill prepare RECIPE --skip-existing` packs again what is missing";

}  // namespace

PackedCorpus PackedCorpus::of_index(const std::filesystem::path& index) {
  packed::Index found = packed::read_index(index);
  return {std::move(found.folder), std::move(found.manifest)};
}

PackedCorpus PackedCorpus::of_folder(const std::filesystem::path& folder) {
  std::optional<packed::Manifest> manifest = packed::read_manifest(folder);
  if (!manifest) {
    throw formats::FormatError(
        "folder '" + folder.string() + "' has no " + packed::kManifestName +
        ": it is not packed; `gistmill prepare` of a recipe with store/packed packs it");
  }
  return {folder, std::move(*manifest)};
}

PackedCorpus::PackedCorpus(std::filesystem::path folder, packed::Manifest manifest)
    : folder_(std::move(folder)), manifest_(std::move(manifest)) {
  for (const packed::PackedSource& source : manifest_.sources) {
    if (!source.left_out) open(source.shard);
  }
  if (manifest_.rests) open(*manifest_.rests);
  number_documents();
}

void PackedCorpus::open(const packed::PackedShard& shard) {
  try {
    shards_.push_back(packed::open_shard(folder_, manifest_, shard));
  } catch (const formats::FormatError& error) {
    throw formats::FormatError(error.what() + std::string(kPackAgain));
  }
}

void PackedCorpus::number_documents() {
  first_documents_.resize(shards_.size());
  std::uint64_t count = 0;
  for (std::size_t split = 0; split < packed::kSplits; ++split) {
    for (std::size_t i = 0; i < shards_.size(); ++i) {
      first_documents_[i][split] = static_cast<std::int32_t>(count);
      count += shards_[i].documents(split);
      if (count > std::numeric_limits<std::int32_t>::max())
        throw formats::FormatError("'" + folder_.string() + "' has more than 2^31 documents");
    }
  }
}

std::vector<PackedRow> PackedCorpus::rows(std::size_t split) const {
  std::vector<PackedRow> rows;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    const std::uint64_t count =
        packed::used_sequences(shards_[i].tokens(split), manifest_.length, manifest_.tail);
    for (std::uint64_t sequence = 0; sequence < count; ++sequence)
      rows.push_back({static_cast<std::uint32_t>(i), sequence});
  }
  return rows;
}

void PackedCorpus::read(std::size_t split, const PackedRow& row, std::int32_t* ids, float* counts,
                        std::int32_t* boundaries) const {
  const packed::ShardReader& shard = shards_[row.shard];
  shard.read(split, row.sequence, ids);
  const std::int64_t size = shard.size(split, row.sequence);
  std::fill(counts, counts + size, 1.0f);
  std::fill(counts + size, counts + manifest_.length, 0.0f);
  std::fill(boundaries, boundaries + manifest_.length, 0);
  const std::vector<std::int64_t>& begins = shard.begins(split);
  const std::int64_t first = static_cast<std::int64_t>(row.sequence) * manifest_.length;
  for (auto begin = std::lower_bound(begins.begin(), begins.end(), first);
       begin != begins.end() && *begin < first + size; ++begin)
    boundaries[*begin - first] = 1;
}

std::int32_t PackedCorpus::document(std::size_t split, const PackedRow& row) const {
  const std::uint64_t first = row.sequence * static_cast<std::uint64_t>(manifest_.length);
  return first_documents_[row.shard][split] +
         static_cast<std::int32_t>(shards_[row.shard].document_at(split, first));
}

void PackedCorpus::verify() const {
  for (const packed::ShardReader& shard : shards_) shard.verify();
}

std::string PackedCorpus::digest() const {
  formats::Sha256 sha;
  sha.update_field(packed::tail_name(manifest_.tail));
  for (const packed::ShardReader& shard : shards_) sha.update_field(shard.digest());
  return sha.hex();
}

}  // namespace gistmill::dataset
