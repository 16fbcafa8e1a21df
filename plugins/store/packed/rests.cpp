#include "plugins/store/packed/rests.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "plugins/store/packed/shard_reader.hpp"
#include "plugins/store/packed/shard_writer.hpp"

namespace gistmill::packed {
namespace {

// The pieces of documents in a shard's last sequence, where that is short.
void append_rest(const ShardReader& shard, std::size_t split, ShardWriter& to) {
  const auto length = static_cast<std::uint64_t>(shard.header().length);
  const std::uint64_t tokens = shard.tokens(split);
  if (tokens % length == 0) return;
  const std::uint64_t first = tokens - tokens % length;
  std::vector<std::int32_t> ids(length);
  shard.read(split, tokens / length, ids.data());
  const std::vector<std::string> names = shard.names(split);
  const std::vector<std::int64_t>& begins = shard.begins(split);
  for (std::uint64_t at = first; at < tokens;) {
    const std::size_t document = shard.document_at(split, at);
    const std::uint64_t end =
        document + 1 < begins.size() ? static_cast<std::uint64_t>(begins[document + 1]) : tokens;
    to.append(ids.data() + (at - first), end - at, names[document], static_cast<std::int32_t>(split));
    at = end;
  }
}

}  // namespace

PackedShard join_rests(const std::filesystem::path& folder, const Manifest& manifest) {
  ShardWriter writer(folder / kRestsName, {manifest.length, "", "", manifest.tokenizer_text});
  for (const PackedSource& source : manifest.sources) {
    if (source.left_out) continue;
    const ShardReader shard(folder / source.shard.path);
    for (std::size_t split = 0; split < kSplits; ++split) append_rest(shard, split, writer);
  }
  PackedShard rests;
  rests.path = kRestsName;
  rests.digest = writer.commit();
  for (std::size_t split = 0; split < kSplits; ++split) {
    rests.tokens[split] = writer.counts()[split].tokens;
    rests.documents[split] = writer.counts()[split].documents;
  }
  return rests;
}

}  // namespace gistmill::packed
