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
  void add_gists(std::uint64_t row, std::uint64_t place) {
    const Shape& shape = reader_.shape();
    const std::size_t begin = context_.gist.size();
    context_.gist.resize(begin + shape.numbers());
    std::vector<std::int32_t> offsets(shape.gists);
    reader_.read(row, nullptr, &context_.gist[begin], offsets.data());
    for (const std::int32_t offset : offsets) {
      context_.places.push_back(static_cast<std::int32_t>(context_.ids.size()));
      add(0, place + static_cast<std::uint64_t>(offset));
    }
  }

 private:
  void add(std::int32_t id, std::uint64_t position) {
    context_.ids.push_back(id);
    context_.positions.push_back(static_cast<std::int32_t>(position - context_.left_out));
  }
  const GistReader& reader_;
  Context& context_;
};

}  // namespace

Context context_of(const GistReader& reader, const std::string& document, std::uint64_t recent,
                   std::uint64_t room) {
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
    const bool raw = (i + 1) * block + recent > context.tokens;
    if (raw) {
      out.add_tokens(rows.blocks[i], i * block);
    } else {
      out.add_gists(rows.blocks[i], i * block);
    }
  }
  for (std::uint64_t i = 0; i < rows.tail.size(); ++i)
    out.add_tokens(rows.tail[i], (rows.blocks.size() + i) * block);
  return context;
}

}  // namespace gistmill::gists
