#include "plugins/store/packed/presence.hpp"

#include <cstddef>

#include <gistmill/formats/error.hpp>

#include "plugins/store/packed/index.hpp"

namespace gistmill::packed {
namespace {

namespace fs = std::filesystem;
using formats::FormatError;

std::string in_short(const std::string& digest) { return digest.substr(0, 12); }

void check_manifest(const fs::path& folder) {
  if (!read_manifest(folder)) throw FormatError("'" + (folder / kManifestName).string() + "' is missing");
}

}  // namespace

ShardReader open_shard(const fs::path& folder, const Manifest& manifest, const PackedShard& shard) {
  const fs::path path = folder / shard.path;
  if (!fs::exists(path)) throw FormatError("the manifest names '" + path.string() + "', which is missing");
  ShardReader reader(path);
  if (reader.digest() != shard.digest) {
    throw FormatError("'" + path.string() + "' was changed since the manifest was written: its digest is " +
                      in_short(reader.digest()) + " when it should be " + in_short(shard.digest));
  }
  const ShardHeader& header = reader.header();
  if (header.length != manifest.length || header.tokenizer != manifest.tokenizer_text) {
    throw FormatError("'" + path.string() + "' is of " + header.tokenizer + " and sequences of " +
                      std::to_string(header.length) + " when the manifest says " + manifest.tokenizer_text +
                      " and " + std::to_string(manifest.length));
  }
  for (std::size_t split = 0; split < kSplits; ++split) {
    if (reader.tokens(split) == shard.tokens[split]) continue;
    throw FormatError("'" + path.string() + "' has " + std::to_string(reader.tokens(split)) +
                      " tokens when the manifest says " + std::to_string(shard.tokens[split]));
  }
  return reader;
}

std::string defect_of(const fs::path& index) {
  std::string first;
  std::size_t others = 0;
  const auto checked = [&](auto&& body) {
    try {
      body();
    } catch (const FormatError& error) {
      others += first.empty() ? 0 : 1;
      if (first.empty()) first = error.what();
    }
  };
  checked([&] {
    const Index found = read_index(index);
    checked([&] { check_manifest(found.folder); });
    for (const PackedSource& source : found.manifest.sources) {
      if (source.left_out) continue;
      checked([&] { open_shard(found.folder, found.manifest, source.shard); });
    }
    if (found.manifest.rests)
      checked([&] { open_shard(found.folder, found.manifest, *found.manifest.rests); });
  });
  if (others > 0)
    first += "; " + std::to_string(others) + (others == 1 ? " other file is" : " other files are") +
             " missing or damaged too";
  return first;
}

}  // namespace gistmill::packed
