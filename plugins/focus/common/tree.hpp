// The tree over one growing history: its tokens (L0), a gist for each block of K tokens (L1), a gist for each
// K of these (L2). Structure and the node fields of MegaContext's storage (its LatentTree pages); the vectors
// lie with whoever computes them, found by `data_offset`.
//
// What an edit can put into a working context is a node, so a node of L0 is a block of K tokens as they are,
// not one token. A node of L1 has its block as its one child, a node of L2 has K nodes of L1.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace gistmill::focus {

constexpr std::int32_t kLevels = 3;

// Tokens that a node of this level covers: K, K, K * K.
constexpr std::int64_t width_of(std::int32_t level, std::int64_t block) {
  return level == 2 ? block * block : block;
}

// Rows that it takes in a model's input: K for a block as it is, 1 for a gist.
constexpr std::int64_t cost_of(std::int32_t level, std::int64_t block) { return level == 0 ? block : 1; }

struct Node {
  std::int64_t span_id = -1;  // its own among all nodes of the tree, never reused
  std::int32_t level = 0;
  std::int64_t start = 0;              // tokens [start, end)
  std::int64_t end = 0;                //
  std::int64_t parent = -1;            // span_id; -1 while there is none
  std::vector<std::int64_t> children;  // span_ids, in order; none of L0
  std::int64_t data_offset = 0;        // entry in the level's file, behind its header: a token of L0, a gist
  std::uint64_t timestamp = 0;         // as `append` was told when the node was complete
  std::uint64_t access_count = 0;      // how often it came into a working context
  std::int32_t gist_version = 0;       // checkpoint of the compressor that made the gist; 0 of L0
};

// One thread at a time.
class Tree {
 public:
  // block: K, 2 to 1024. Throws std::invalid_argument.
  explicit Tree(std::int64_t block = 32);

  // The next K tokens. Completes a node of L0 and one of L1, and one of L2 with each K-th block.
  void append(const std::int32_t* tokens, std::uint64_t timestamp, std::int32_t gist_version = 0);

  std::int64_t block() const { return block_; }
  std::int64_t tokens() const { return static_cast<std::int64_t>(tokens_.size()); }
  const std::int32_t* data() const { return tokens_.data(); }  // [tokens()]
  std::int64_t count(std::int32_t level) const;                // nodes

  // Whether there is a node of `level` that begins with token `start`.
  bool has(std::int32_t level, std::int64_t start) const;
  // Throws std::out_of_range where there is none.
  Node node(std::int32_t level, std::int64_t start) const;

  // The node came into a working context. Throws as node().
  void touch(std::int32_t level, std::int64_t start);
  // A gist was made again by another checkpoint. Throws as node(); std::invalid_argument of L0.
  void renew(std::int32_t level, std::int64_t start, std::int32_t gist_version);

  // Digest of all tokens so far, 16 hexadecimal digits: two histories that differ anywhere have another one.
  const std::string& digest() const { return digest_; }

 private:
  struct Record {
    std::uint64_t timestamp = 0;
    std::uint64_t access_count = 0;
    std::int32_t gist_version = 0;
  };

  std::int64_t index_of(std::int32_t level, std::int64_t start) const;
  Record& record(std::int32_t level, std::int64_t start);

  std::int64_t block_;
  std::vector<std::int32_t> tokens_;
  std::array<std::vector<Record>, kLevels> records_;
  std::string digest_;
};

}  // namespace gistmill::focus
