#include "plugins/store/gists/growth.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include <gistmill/files/error.hpp>
#include <gistmill/files/new_file.hpp>
#include <gistmill/formats/error.hpp>

namespace gistmill::gists {
namespace {

namespace fs = std::filesystem;
using formats::FormatError;

std::string sizes_of(const Shape& shape) {
  return "blocks of " + std::to_string(shape.block) + " tokens, " + std::to_string(shape.gists) +
         " gists of " + std::to_string(shape.width) + " numbers";
}

void expect_shape(const fs::path& path, Shape held, const Shape& given) {
  held.documents = given.documents;  // of what is there its own room and precision count
  held.precision = given.precision;
  if (held == given) return;
  throw FormatError("'" + path.string() + "' has " + sizes_of(held) + " when this makes " + sizes_of(given) +
                    "; write to another file");
}

}  // namespace

Growth::Growth(fs::path path, const Shape& shape, About about, std::uint32_t unsettled, bool refresh)
    : path_(std::move(path)), about_(std::move(about)), unsettled_(unsettled), refresh_(refresh) {
  if (!fs::exists(path_)) GistWriter::make(path_, shape, about_.text());
  writer_ = std::make_unique<GistWriter>(path_);
  expect_same(path_.string(), About::parse(writer_->about()), about_, refresh_);
  expect_shape(path_, writer_->shape(), shape);
}

std::vector<std::int32_t> Growth::tokens(std::uint32_t document) const {
  const DocumentRows& rows = writer_->rows(document);
  const std::size_t block = writer_->shape().block;
  std::vector<std::int32_t> tokens;
  std::vector<std::int32_t> ids(block);
  for (const std::vector<std::uint64_t>* part : {&rows.blocks, &rows.tail}) {
    for (const std::uint64_t row : *part) {
      const RowHead head = writer_->read(row, ids.data(), nullptr, nullptr);
      tokens.insert(tokens.end(), ids.begin(), ids.begin() + head.tokens);
    }
  }
  return tokens;
}

// By the checksum of all tokens up to the last block; where that differs, block by block.
void Growth::expect_prefix(std::uint32_t document, const std::string& name) const {
  const std::vector<std::uint64_t>& blocks = writer_->rows(document).blocks;
  const std::size_t size = writer_->shape().block;
  std::uint64_t text = 0;
  std::uint32_t same = 0;
  for (; same < blocks.size() && (same + 1) * size <= tokens_.size(); ++same) {
    const char* ids = reinterpret_cast<const char*>(tokens_.data() + same * size);
    text = checksum_of({ids, size * sizeof(std::int32_t)}, text);
    const bool last = same + 1 == blocks.size();
    if (last && writer_->read(blocks[same], nullptr, nullptr, nullptr).text == text) return;
  }
  if (blocks.empty()) return;
  std::vector<std::int32_t> ids(size);
  for (std::uint32_t block = 0; block < same; ++block) {
    writer_->read(blocks[block], ids.data(), nullptr, nullptr);
    if (std::equal(ids.begin(), ids.end(), tokens_.begin() + static_cast<std::ptrdiff_t>(block * size)))
      continue;
    throw FormatError(formats::printable(name) + " has changed in block " + std::to_string(block) +
                      " (tokens " + std::to_string(block * size) + " to " +
                      std::to_string((block + 1) * size - 1) + "), which '" + path_.string() +
                      "' holds; a store takes texts that grow at their end. Give the "
                      "text another name, or write to another file");
  }
  throw FormatError(formats::printable(name) + " has shrunk: it ends in block " + std::to_string(same) +
                    " with " + std::to_string(tokens_.size()) + " tokens when '" + path_.string() +
                    "' holds " + std::to_string(blocks.size()) + " blocks of " + std::to_string(size) +
                    "; a store takes texts that grow at their end. Give the text another name, or write to "
                    "another file");
}

Missing Growth::extend(const std::string& name, std::vector<std::int32_t> tokens,
                       std::vector<std::uint8_t> kept) {
  if (next_ != end_) throw FormatError("a document was begun before the last one had all its gists");
  if (!kept.empty() && kept.size() != tokens.size())
    throw FormatError("which tokens are kept is said of " + std::to_string(kept.size()) + " when there are " +
                      std::to_string(tokens.size()));
  tokens_ = std::move(tokens);
  kept_ = std::move(kept);
  document_ = writer_->document(name);
  expect_prefix(document_, name);
  const std::vector<std::uint64_t>& held = writer_->rows(document_).blocks;
  const std::size_t settled = tokens_.size() > unsettled_ ? tokens_.size() - unsettled_ : 0;
  end_ = static_cast<std::uint32_t>(std::max(settled / writer_->shape().block, held.size()));
  next_ = static_cast<std::uint32_t>(held.size());
  if (refresh_) {
    const std::uint64_t own = about_.compressor_number();
    const auto stale = std::find_if(held.begin(), held.end(), [&](std::uint64_t row) {
      return writer_->read(row, nullptr, nullptr, nullptr).compressor != own;
    });
    next_ = static_cast<std::uint32_t>(stale - held.begin());
  }
  if (next_ == end_) put_tail();
  return {next_, end_};
}

void Growth::append(std::uint32_t count, const float* gist, const std::int32_t* offsets,
                    const std::uint8_t* whole) {
  if (count > end_ - next_) throw FormatError("more gists came than there are blocks without one");
  const Shape& shape = writer_->shape();
  const std::vector<std::uint8_t> all(shape.block, 1);
  for (std::uint32_t i = 0; i < count; ++i, ++next_) {
    const std::uint8_t* const words =
        kept_.empty() ? nullptr : kept_.data() + std::size_t{next_} * shape.block;
    writer_->append_block(document_, next_, tokens_.data() + std::size_t{next_} * shape.block,
                          gist + i * shape.numbers(), offsets + std::size_t{i} * shape.gists,
                          about_.compressor_number(), whole != nullptr && whole[i] != 0 ? all.data() : words);
  }
  if (next_ == end_) put_tail();
}

// What stands behind the blocks, unless it is there already.
void Growth::put_tail() {
  const std::size_t block = writer_->shape().block;
  const std::vector<std::int32_t> tail(tokens_.begin() + static_cast<std::ptrdiff_t>(end_ * block),
                                       tokens_.end());
  const DocumentRows& rows = writer_->rows(document_);
  std::vector<std::int32_t> held;
  std::vector<std::int32_t> ids(block);
  for (const std::uint64_t row : rows.tail) {
    const RowHead head = writer_->read(row, ids.data(), nullptr, nullptr);
    held.insert(held.end(), ids.begin(), ids.begin() + head.tokens);
  }
  if (tail.empty() && !held.empty()) {
    throw FormatError(formats::printable(writer_->names()[document_]) +
                      " has shrunk by the tokens behind its last block");
  }
  if (held != tail) writer_->append_tail(document_, tail);
}

// The first group of level 2 that is not there, or is of others where all are made anew.
std::uint32_t Growth::next_group() const {
  const std::vector<std::uint64_t>& groups = writer_->rows(document_).groups;
  const auto stale = std::find_if(groups.begin(), groups.end(), [&](std::uint64_t row) {
    return refresh_ && writer_->read(row, nullptr, nullptr, nullptr).compressor != about_.level2_number();
  });
  return static_cast<std::uint32_t>(stale - groups.begin());
}

std::optional<Group> Growth::group() const {
  if (about_.level2.empty()) throw FormatError("gists of gists were asked for when nothing makes them");
  if (next_ != end_) throw FormatError("gists of gists were asked for before all blocks had theirs");
  const Shape& shape = writer_->shape();
  const std::vector<std::uint64_t>& blocks = writer_->rows(document_).blocks;
  Group group;
  group.number = next_group();
  const std::size_t first = std::size_t{group.number} * shape.block;
  if (first + shape.block > blocks.size()) return std::nullopt;
  group.gists.resize(shape.block * shape.numbers());
  group.offsets.resize(std::size_t{shape.block} * shape.gists);
  for (std::size_t i = 0; i < shape.block; ++i) {
    writer_->read(blocks[first + i], nullptr, group.gists.data() + i * shape.numbers(),
                  group.offsets.data() + i * shape.gists);
  }
  return group;
}

void Growth::append_group(const float* gist, const std::int32_t* offsets) {
  const std::uint32_t number = next_group();
  if ((number + std::size_t{1}) * writer_->shape().block > writer_->rows(document_).blocks.size())
    throw FormatError("a gist of gists came when no group of blocks is without one");
  writer_->append_group(document_, number, gist, offsets, about_.level2_number());
}

bool Growth::all_refreshed() const {
  const auto all_of = [&](const std::vector<std::uint64_t>& rows, std::uint64_t own) {
    return std::all_of(rows.begin(), rows.end(), [&](std::uint64_t row) {
      return writer_->read(row, nullptr, nullptr, nullptr).compressor == own;
    });
  };
  for (std::uint32_t document = 0; document < writer_->names().size(); ++document) {
    const DocumentRows& rows = writer_->rows(document);
    if (!all_of(rows.blocks, about_.compressor_number())) return false;
    if (about_.level2.empty()) continue;
    if (rows.groups.size() < rows.blocks.size() / writer_->shape().block) return false;
    if (!all_of(rows.groups, about_.level2_number())) return false;
  }
  return true;
}

void Growth::write_anew() {
  const fs::path place = path_.parent_path() / ("." + path_.filename().string() + ".refreshed");
  std::error_code error;
  fs::remove(place, error);  // of a process that was killed
  GistWriter::make(place, writer_->shape(), about_.text());
  {
    GistWriter anew(place);
    for (std::uint32_t document = 0; document < writer_->names().size(); ++document) {
      anew.document(writer_->names()[document]);
      const DocumentRows& rows = writer_->rows(document);
      for (const std::uint64_t row : rows.blocks) anew.append_row_of(*writer_, row);
      const bool two = !about_.level2.empty();
      for (std::size_t i = 0; two && i < rows.groups.size(); ++i)
        anew.append_row_of(*writer_, rows.groups[i]);
      for (const std::uint64_t row : rows.tail) anew.append_row_of(*writer_, row);
    }
    anew.commit();
  }
  fs::rename(place, path_, error);
  if (error) throw files::FileError("put in its place", path_, error.value());
  files::sync_folder(path_.parent_path().empty() ? "." : path_.parent_path());
}

void Growth::close() {
  writer_->commit();
  std::uint64_t used = 0;
  for (std::uint32_t document = 0; document < writer_->names().size(); ++document) {
    const DocumentRows& rows = writer_->rows(document);
    used += rows.blocks.size() + rows.groups.size() + rows.tail.size();
  }
  const bool replaced = used < writer_->row_count() || writer_->about() != about_.text();
  if (refresh_ && replaced && all_refreshed()) write_anew();
  writer_.reset();
}

}  // namespace gistmill::gists
