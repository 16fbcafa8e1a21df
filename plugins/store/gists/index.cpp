#include "plugins/store/gists/index.hpp"

#include <string>

#include <gistmill/formats/error.hpp>

namespace gistmill::gists {

std::uint32_t number_of(const GistReader& reader, const std::string& document) {
  const std::uint32_t count = reader.slot().documents;
  if (count == 0) throw formats::FormatError("'" + reader.path().string() + "' holds no document");
  if (document.empty()) return count - 1;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (reader.document(i) == document) return i;
  }
  throw formats::FormatError("'" + reader.path().string() + "' holds no document " +
                             formats::printable(document) + "; gistmill inspect lists those that it holds");
}

GistIndex::GistIndex(const GistReader& reader) : shape_(reader.shape()), documents_(reader.slot().documents) {
  try {
    for (std::uint64_t row = 0; row < reader.rows(); ++row) add(reader.head(row), row);
  } catch (const formats::FormatError& error) {
    throw formats::FormatError("'" + reader.path().string() +
                               "' is not a readable gist store: " + error.what());
  }
}

void GistIndex::add(const RowHead& head, std::uint64_t row) {
  const auto refuse = [&](const char* what) {
    throw formats::FormatError("row " + std::to_string(row) + " (block " + std::to_string(head.block) +
                               " of document " + std::to_string(head.document) + ") " + what);
  };
  if (head.document >= documents_.size()) refuse("is of a document that is not there");
  DocumentRows& rows = documents_[head.document];
  if (head.level == 1) {
    if (head.block > rows.blocks.size()) refuse("comes before the block in front of it");
    if (head.block < rows.blocks.size()) {
      rows.blocks[head.block] = row;
      return;
    }
    rows.blocks.push_back(row);
    rows.tail.clear();
    rows.tail_tokens = 0;
    return;
  }
  if (head.level == 2) {
    const std::uint64_t end = (std::uint64_t{head.block} + 1) * shape_.block;
    if (head.block > rows.groups.size() || end > rows.blocks.size()) refuse("comes before its blocks");
    if (head.block == rows.groups.size()) rows.groups.push_back(row);
    rows.groups[head.block] = row;
    return;
  }
  if (head.level != 0 || head.tokens < 1 || head.tokens > shape_.block)
    refuse("has no tokens that fit a block");
  if (head.block == rows.blocks.size()) {
    rows.tail.clear();
    rows.tail_tokens = 0;
  } else if (head.block != rows.blocks.size() + rows.tail.size() ||
             rows.tail_tokens != rows.tail.size() * shape_.block) {
    refuse("comes before the block in front of it");
  }
  rows.tail.push_back(row);
  rows.tail_tokens += head.tokens;
}

}  // namespace gistmill::gists
