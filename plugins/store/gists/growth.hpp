// A store while documents grow: which blocks need a gist, and what takes its place in the store. Knows tokens
// and gists; where gists come from is the caller's.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plugins/store/gists/about.hpp"
#include "plugins/store/gists/writer.hpp"

namespace gistmill::gists {

// Blocks [first, end) of a document, in order.
struct Missing {
  std::uint32_t first = 0;
  std::uint32_t end = 0;
};

// The gists of K blocks that get one of their own, in the order of the text.
struct Group {
  std::uint32_t number = 0;
  std::vector<float> gists;           // [K, G, D], as the store has them
  std::vector<std::int32_t> offsets;  // [K, G], each in its block
};

class Growth {
 public:
  // Opens the store at `path`, or makes it with `shape`. unsettled: tokens at a document's end that get no
  // gist yet. refresh: gists of another compressor are made anew, as documents are extended. Throws
  // FormatError where the store is of something else, FileError.
  Growth(std::filesystem::path path, const Shape& shape, About about, std::uint32_t unsettled, bool refresh);

  const GistWriter& writer() const { return *writer_; }

  // All tokens of a document, from the store. Throws FormatError where a row is damaged.
  std::vector<std::int32_t> tokens(std::uint32_t document) const;

  // Begins the document of this name or goes on with it. Throws FormatError where `tokens` do not begin with
  // those of the blocks that the store has, naming the first that differs. kept: 1 for each token that stays
  // beside the gist of its block; empty: none does.
  Missing extend(const std::string& name, std::vector<std::int32_t> tokens,
                 std::vector<std::uint8_t> kept = {});

  // The gists of the next `count` missing blocks: f32[count, G, D], [count, G]. whole: [count], 1 for blocks
  // of which all tokens stay; null: of none. With the last one comes what stands behind it.
  void append(std::uint32_t count, const float* gist, const std::int32_t* offsets,
              const std::uint8_t* whole = nullptr);

  // The next K blocks of the document that have no gist of level 2 yet; after the last missing block came.
  std::optional<Group> group() const;
  // That gist: f32[G, D], offsets [G] in tokens.
  void append_group(const float* gist, const std::int32_t* offsets);

  void commit() { writer_->commit(); }
  // Commits. A store whose gists are all of this compressor and that has others' rows, or says so, is written
  // anew. The object is of no use afterwards.
  void close();

 private:
  void expect_prefix(std::uint32_t document, const std::string& name) const;
  void put_tail();
  std::uint32_t next_group() const;
  bool all_refreshed() const;
  void write_anew();

  std::filesystem::path path_;
  About about_;
  std::uint32_t unsettled_;
  bool refresh_;
  std::unique_ptr<GistWriter> writer_;
  std::uint32_t document_ = 0;  // that was extended last
  std::vector<std::int32_t> tokens_;
  std::vector<std::uint8_t> kept_;  // of these, or empty
  std::uint32_t next_ = 0;          // its next block
  std::uint32_t end_ = 0;           // its blocks
};

}  // namespace gistmill::gists
