#include "plugins/store/gists/context.hpp"

#include <algorithm>

#include <gistmill/formats/error.hpp>

#include "plugins/store/gists/index.hpp"

namespace gistmill::gists {
namespace {

using formats::FormatError;

class Rows {
 public:
  Rows(const GistReader& reader, Context& context) : reader_(reader), context_(context) {}

  // The block's tokens from `place` on, at their own places.
  void add_tokens(std::uint64_t row, std::uint64_t place) {
    std::vector<std::int32_t> ids(reader_.shape().block);
    const RowHead head = reader_.read(row, ids.data(), nullptr, nullptr);
    for (std::uint32_t i = 0; i < head.tokens; ++i) add(ids[i], place + i);
  }

  // The gists of `row`, for the tokens from `place` on of these blocks, and the tokens that stay beside them.
  // A token stands before a gist of the same place. Blocks of which every token stays need no gist.
  void add_gists(std::uint64_t row, const std::uint64_t* blocks, std::size_t count, std::uint64_t place) {
    const Shape& shape = reader_.shape();
    std::vector<Kept> kept;
    for (std::size_t i = 0; i < count; ++i) add_kept(blocks[i], place + i * shape.block, kept);
    std::vector<float> gists(shape.numbers());
    std::vector<std::int32_t> offsets(shape.gists);
    reader_.read(row, nullptr, gists.data(), offsets.data());
    if (kept.size() == count * shape.block) offsets.clear();
    std::size_t next = 0;
    for (std::size_t i = 0; i < offsets.size(); ++i) {
      const std::uint64_t position = place + static_cast<std::uint64_t>(offsets[i]);
      for (; next < kept.size() && kept[next].position <= position; ++next)
        add(kept[next].id, kept[next].position);
      const float* gist = &gists[i * shape.width];
      context_.gist.insert(context_.gist.end(), gist, gist + shape.width);
      context_.places.push_back(static_cast<std::int32_t>(context_.ids.size()));
      add(0, position);
    }
    for (; next < kept.size(); ++next) add(kept[next].id, kept[next].position);
  }

 private:
  struct Kept {
    std::int32_t id;
    std::uint64_t position;
  };
  void add_kept(std::uint64_t row, std::uint64_t place, std::vector<Kept>& kept) const {
    std::vector<std::int32_t> ids(reader_.shape().block);
    reader_.read(row, ids.data(), nullptr, nullptr);
    const std::vector<std::uint8_t> stays = reader_.kept(row);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (stays[i] != 0) kept.push_back({ids[i], place + i});
    }
  }
  void add(std::int32_t id, std::uint64_t position) {
    context_.ids.push_back(id);
    context_.positions.push_back(static_cast<std::int32_t>(position - context_.left_out));
  }
  const GistReader& reader_;
  Context& context_;
};

}  // namespace

Context context_of(const GistReader& reader, const std::string& document, std::uint64_t recent,
                   std::uint64_t level1, std::uint64_t room) {
  const std::uint32_t number = number_of(reader, document);
  const GistIndex index(reader);
  const DocumentRows& rows = index.documents()[number];
  const std::uint64_t block = reader.shape().block;
  Context context;
  context.document = reader.document(number);
  context.tokens = rows.tokens(reader.shape());
  const std::uint64_t hidden = context.tokens > room ? context.tokens - room : 0;
  const std::uint64_t first = std::min<std::uint64_t>((hidden + block - 1) / block, rows.blocks.size());
  context.left_out = first * block;
  if (context.tokens - context.left_out > room) {
    throw FormatError("the tokens behind the last block of " + formats::printable(context.document) +
                      " are " + std::to_string(rows.tail_tokens) + " when there is room for " +
                      std::to_string(room));
  }
  Rows out(reader, context);
  for (std::uint64_t i = first; i < rows.blocks.size(); ++i) {
    const std::uint64_t group = i / block;
    const bool old = group < rows.groups.size() &&
                     (group + 1) * reader.shape().group() + std::max(level1, recent) <= context.tokens;
    if (old && i % block == 0) {
      out.add_gists(rows.groups[group], &rows.blocks[i], block, i * block);
      i += block - 1;
      continue;
    }
    const bool raw = (i + 1) * block + recent > context.tokens;
    if (raw) {
      out.add_tokens(rows.blocks[i], i * block);
    } else {
      out.add_gists(rows.blocks[i], &rows.blocks[i], 1, i * block);
    }
  }
  for (std::uint64_t i = 0; i < rows.tail.size(); ++i)
    out.add_tokens(rows.tail[i], (rows.blocks.size() + i) * block);
  return context;
}

}  // namespace gistmill::gists
