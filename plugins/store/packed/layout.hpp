// What writer and reader of a packed shard agree on; docs/packed-file.md is the same in words.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gistmill/formats/digest.hpp>

namespace gistmill::packed {

constexpr char kShardFormat[] = "gistmill-packed";
constexpr char kIndexFormat[] = "gistmill-packed-index";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kLongestName = 1024;  // of a source or a document, in bytes
constexpr std::int64_t kLongestSequence = 1 << 24;
constexpr std::uint64_t kNarrowIds = 1 << 16;  // ids below it take two bytes
constexpr std::size_t kSplits = 2;
constexpr const char* kSplitNames[kSplits] = {"train", "validation"};

// What a shard says of itself beside its sequences.
struct ShardHeader {
  std::int64_t length = 0;    // T, tokens of a sequence
  std::string source;         // name of the file that its documents are from
  std::string source_digest;  // SHA-256 of that file
  std::string tokenizer;      // digest of what made the ids
};

// The content of one split as its digest needs it.
struct SplitDigest {
  std::uint64_t tokens = 0;
  std::string ids;        // SHA-256 of the ids in int32, one after the other, without padding
  std::string documents;  // SHA-256 of each document: add_document()
};

void add_document(formats::Sha256& sha, std::uint64_t begin, std::string_view name);

// SHA-256 of the content of a shard.
std::string digest_of(const ShardHeader& header, const std::array<SplitDigest, kSplits>& splits);

// Sequences that hold so many tokens; the last one may be short.
inline std::uint64_t sequences_of(std::uint64_t tokens, std::int64_t length) {
  const auto size = static_cast<std::uint64_t>(length);
  return (tokens + size - 1) / size;
}

}  // namespace gistmill::packed
