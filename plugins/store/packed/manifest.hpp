// manifest.json of a folder of packed shards: which sources it holds, and how they were packed. Reads and
// writes JSON, opens no shard. docs/packed-file.md has the keys.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace gistmill::packed {

constexpr char kManifestName[] = "manifest.json";
constexpr char kShardsFolder[] = "shards";
constexpr char kRestsName[] = "rests.h5";

// What becomes of the tokens that do not fill a source's last sequence.
enum class Tail { drop, pad, join };
const char* tail_name(Tail tail);
// Throws FormatError where there is none of that name.
Tail tail_of(const std::string& name);

struct PackedShard {
  std::string path;                          // in the folder: "shards/code/a.jsonl.h5"
  std::string digest;                        // of its content
  std::array<std::uint64_t, 2> tokens{};     // train, validation
  std::array<std::uint64_t, 2> documents{};  // that gave any
};

struct PackedSource {
  std::string name;    // "code/a.jsonl"
  std::string digest;  // SHA-256 of the file that was read
  PackedShard shard;
  bool left_out = false;  // no longer among the files that are packed: kept, and not read
};

struct Manifest {
  std::string tokenizer;         // the file of its model, or the component: for people
  std::string tokenizer_digest;  // of its contents; empty where the source had ids
  std::string tokenizer_text;    // component, options and contents
  std::int64_t length = 0;       // max_seq_length
  Tail tail = Tail::drop;
  std::vector<std::int32_t> separator;
  std::vector<std::string> input_path;
  std::string output_path;
  std::string settings;               // digest of all else that the shards depend on
  std::vector<PackedSource> sources;  // by name
  std::optional<PackedShard> rests;   // of Tail::join

  const PackedSource* find(const std::string& name) const;

  // Of a split by the tail's rule: what a reader has.
  struct Totals {
    std::uint64_t shards = 0;
    std::uint64_t sequences = 0;
    std::uint64_t samples = 0;  // documents
    std::uint64_t tokens = 0;
  };
  Totals totals(std::size_t split) const;
};

// Sequences that a split of a shard gives: its last one, which is short, only where tails are padded.
std::uint64_t used_sequences(std::uint64_t tokens, std::int64_t length, Tail tail);

std::string to_text(const Manifest& manifest);
// Throws FormatError, which begins with `name`: no such JSON, another version, labels that are shifted.
Manifest manifest_of(const std::string& text, const std::string& name);

// Nothing where the folder has none. Throws FormatError.
std::optional<Manifest> read_manifest(const std::filesystem::path& folder);
// Whole or not at all. Throws files::FileError.
void write_manifest(const std::filesystem::path& folder, const Manifest& manifest);

// "shards/code/a.jsonl.h5": sources of different names never meet. Throws FormatError where the name could
// lead out of the folder.
std::string shard_path(const std::string& source);

}  // namespace gistmill::packed
