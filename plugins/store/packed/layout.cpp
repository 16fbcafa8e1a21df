#include "plugins/store/packed/layout.hpp"

namespace gistmill::packed {

void add_document(formats::Sha256& sha, std::uint64_t begin, std::string_view name) {
  sha.update_field(std::to_string(begin));
  sha.update_field(name);
}

std::string digest_of(const ShardHeader& header, const std::array<SplitDigest, kSplits>& splits) {
  formats::Sha256 sha;
  sha.update_field(kShardFormat);
  sha.update_field(std::to_string(header.length));
  sha.update_field(header.source);
  sha.update_field(header.source_digest);
  sha.update_field(header.tokenizer);
  for (const SplitDigest& split : splits) {
    sha.update_field(std::to_string(split.tokens));
    sha.update_field(split.ids);
    sha.update_field(split.documents);
  }
  return sha.hex();
}

}  // namespace gistmill::packed
