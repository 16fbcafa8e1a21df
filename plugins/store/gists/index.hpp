// Which rows make up each document: of each block the last one counts, so that a gist that was made again
// takes the place of the older one, and a document that grew of what stood at its end.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plugins/store/gists/reader.hpp"

namespace gistmill::gists {

struct DocumentRows {
  std::vector<std::uint64_t> blocks;  // of level 1, from the first block on
  std::vector<std::uint64_t> groups;  // of level 2, from the first group of K blocks on
  std::vector<std::uint64_t> tail;    // of level 0: the tokens behind these
  std::uint64_t tail_tokens = 0;

  std::uint64_t tokens(const Shape& shape) const { return blocks.size() * shape.block + tail_tokens; }
};

// Number of the document of this name; "": the last one. Throws FormatError where there is none.
std::uint32_t number_of(const GistReader& reader, const std::string& document);

class GistIndex {
 public:
  explicit GistIndex(Shape shape) : shape_(shape) {}
  // Of all rows. Throws FormatError where they do not follow each other.
  explicit GistIndex(const GistReader& reader);

  // The next row. Throws FormatError.
  void add(const RowHead& head, std::uint64_t row);
  void add_document() { documents_.emplace_back(); }

  const std::vector<DocumentRows>& documents() const { return documents_; }

 private:
  Shape shape_;
  std::vector<DocumentRows> documents_;
};

}  // namespace gistmill::gists
