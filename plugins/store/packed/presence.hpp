// Whether a folder still has what its manifest says: what opening a shard tells, without reading its ids.
#pragma once

#include <filesystem>
#include <string>

#include "plugins/store/packed/manifest.hpp"
#include "plugins/store/packed/shard_reader.hpp"

namespace gistmill::packed {

// A shard of the manifest. Throws FormatError: missing, damaged or cut short, of another digest, length,
// tokenizer or number of tokens than the manifest says.
ShardReader open_shard(const std::filesystem::path& folder, const Manifest& manifest,
                       const PackedShard& shard);

// The first thing that is wrong with an index, its folder's manifest.json or a shard that is read, and how
// many other shards are; "" where all are there. Never throws FormatError.
std::string defect_of(const std::filesystem::path& index);

}  // namespace gistmill::packed
