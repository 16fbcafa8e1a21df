// What writer and reader agree on: names in the file, and how the digest is made. docs/token-file.md is the
// same in words. Private to the token file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <gistmill/formats/digest.hpp>

namespace gistmill::formats::layout {

constexpr char kFormat[] = "gistmill-tokens";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kLongestName = 1024;            // bytes
constexpr std::int64_t kNarrowIds = 1 << 16;          // ids below it are stored in two bytes
constexpr std::size_t kPiece = std::size_t{1} << 20;  // ids that are converted at a time

constexpr char kTokens[] = "/tokens";
constexpr char kDocuments[] = "/documents";
constexpr char kOffset[] = "/documents/offset";
constexpr char kSplit[] = "/documents/split";
constexpr char kName[] = "/documents/name";
constexpr char kProvenance[] = "/provenance";

// What is known of the documents beside their ids.
struct Table {
  std::vector<std::uint64_t> offsets{0};  // [documents + 1], in ids; document i is [offsets[i], offsets[i+1])
  std::vector<std::uint8_t> splits;       // [documents]
  std::vector<std::string> names;         // [documents]
};

// Of the longest name, in bytes; at least 1, for HDF5 has no empty strings.
std::size_t name_width(const Table& table);

// At least the bytes of the file.
std::uint64_t size_bound(const Table& table, std::size_t provenance_size, std::size_t id_width);

// Adds ids to a digest of ids, each as four bytes, least significant first.
void hash_ids(Sha256& sha, const std::int32_t* ids, std::size_t count);

// The file's digest from the table and the digest of all ids.
std::string file_digest(const Table& table, const std::string& ids_digest);

}  // namespace gistmill::formats::layout
