#include "plugins/store/gists/writer.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <gistmill/files/error.hpp>
#include <gistmill/files/new_file.hpp>
#include <gistmill/files/transfer.hpp>
#include <gistmill/formats/error.hpp>

#include "plugins/store/gists/codec.hpp"
#include "plugins/store/gists/view.hpp"

namespace gistmill::gists {
namespace {

namespace fs = std::filesystem;
using formats::FormatError;

files::Lock lock_of(const fs::path& path) {
  const fs::path place = files::lock_beside(path);
  std::optional<files::Lock> lock = files::Lock::take(place);
  if (lock) return std::move(*lock);
  const int holder = files::Lock::holder(place);
  throw FormatError("'" + path.string() + "' is being written by " +
                    (holder > 0 ? "process " + std::to_string(holder) : std::string("another process")) +
                    "; wait until it has ended");
}

}  // namespace

void GistWriter::make(const fs::path& path, const Shape& shape, std::string_view about) {
  if (const std::string refusal = refusal_of(shape); !refusal.empty())
    throw FormatError("'" + path.string() + "' cannot be made: " + refusal);
  const files::Lock lock = lock_of(path);
  View view = make_view(shape, about.size());
  view.slot.about_checksum = checksum_of(about);
  about.copy(&view.bytes[view.slot.about_at - kUserBlock], about.size());
  std::string head("gistmill gist store, HDF5 behind " + std::to_string(kUserBlock) + " bytes\n");
  head.resize(kUserBlock, '\0');
  for (const std::uint64_t at : kSlots) {
    head.replace(at, kSlotBytes, encode(view.slot));
    ++view.slot.sequence;
  }
  files::NewFile file(path);
  file.write(head);
  file.write(view.bytes);
  file.commit();
}

GistWriter::GistWriter(fs::path path)
    : path_(std::move(path)), lock_(lock_of(path_)), layout_({1, 1, 1, 1, Precision::f32}), index_(Shape{}) {
  take_over();
  open();
}

void GistWriter::take_over() {
  const GistReader reader(path_);
  slot_ = reader.slot();
  layout_ = reader.layout();
  about_ = reader.about();
  index_ = GistIndex(reader);
  rows_ = slot_.rows;
  for (std::uint32_t i = 0; i < slot_.documents; ++i) names_.push_back(reader.document(i));
}

void GistWriter::open() {
  file_ = files::Descriptor(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
  if (!file_.open()) throw files::FileError("write", path_, errno);
  const std::uint64_t end = slot_.rows_at + rows_ * layout_.bytes;
  if (::ftruncate(file_.get(), static_cast<off_t>(end)) != 0) throw files::FileError("write", path_, errno);
  tell_hdf5();  // a killed writer may not have come to it
}

void GistWriter::fail(const char* action, int error) {
  // What is behind the committed rows is nobody's.
  if (::ftruncate(file_.get(), static_cast<off_t>(slot_.rows_at + slot_.rows * layout_.bytes)) != 0)
    error = error == 0 ? errno : error;
  file_.close();
  throw files::FileError(action, path_, error, "the store is as it was at its last commit");
}

void GistWriter::expect_open() const {
  if (!file_.open()) throw FormatError("'" + path_.string() + "' could not be written before");
}

void GistWriter::write_at(const void* data, std::size_t size, std::uint64_t at) {
  expect_open();
  const files::Transferred put = files::write_at(file_.get(), data, size, at);
  if (put.error != 0 || put.bytes != size) fail("write", put.error);
}

void GistWriter::sync() {
  if (::fdatasync(file_.get()) != 0) fail("make durable", errno);
}

std::uint32_t GistWriter::document(const std::string& name) {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found != names_.end()) return static_cast<std::uint32_t>(found - names_.begin());
  if (name.empty() || name.size() > kNameBytes || name.find('\0') != std::string::npos) {
    throw FormatError("a document is named " + formats::printable(name) + " when a name has 1 to " +
                      std::to_string(kNameBytes) + " bytes, none of them 0");
  }
  if (names_.size() >= slot_.shape.documents) {
    throw FormatError("'" + path_.string() + "' has room for " + std::to_string(slot_.shape.documents) +
                      " documents and no more; put " + formats::printable(name) + " into another store");
  }
  std::string entry = name;
  entry.resize(kNameBytes, '\0');
  const std::uint64_t checksum = checksum_of(entry);
  entry.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
  const auto number = static_cast<std::uint32_t>(names_.size());
  write_at(entry.data(), entry.size(), slot_.documents_at + number * kDocumentBytes);
  names_.push_back(name);
  index_.add_document();
  return number;
}

std::vector<char> GistWriter::bytes_of(std::uint64_t row) const {
  expect_open();
  std::vector<char> bytes(layout_.bytes);
  const files::Transferred got =
      files::read_at(file_.get(), bytes.data(), bytes.size(), slot_.rows_at + row * layout_.bytes);
  if (got.bytes != bytes.size()) throw files::FileError("read", path_, got.error);
  return bytes;
}

RowHead GistWriter::read(std::uint64_t row, std::int32_t* ids, float* gist, std::int32_t* offsets) const {
  const std::vector<char> bytes = bytes_of(row);
  Slot slot = slot_;
  slot.documents = static_cast<std::uint32_t>(names_.size());
  const RowHead head = head_of(bytes.data());
  if (const std::string defect = defect_of_row(slot, layout_, bytes.data()); !defect.empty()) {
    throw FormatError("'" + path_.string() + "' is not a readable gist store: row " + std::to_string(row) +
                      " (block " + std::to_string(head.block) + " of document " +
                      std::to_string(head.document) + ") " + defect);
  }
  decode_row(slot.shape, layout_, bytes.data(), ids, gist, offsets);
  return head;
}

std::uint64_t GistWriter::text_before(std::uint32_t document, std::uint32_t block) const {
  return block == 0 ? 0 : head_of(bytes_of(rows(document).blocks.at(block - 1)).data()).text;
}

std::vector<char> GistWriter::row_of(std::uint32_t document, std::uint32_t block, const std::int32_t* ids,
                                     std::size_t tokens, std::uint64_t before) const {
  for (std::size_t i = 0; i < tokens; ++i) {
    if (ids[i] < 0) throw FormatError("token id " + std::to_string(ids[i]) + " when it should be 0 or more");
  }
  std::vector<char> row(layout_.bytes, '\0');
  save(&row[RowLayout::document], document);
  save(&row[RowLayout::block], block);
  save(&row[RowLayout::tokens], static_cast<std::uint16_t>(tokens));
  const std::string_view text(reinterpret_cast<const char*>(ids), tokens * sizeof *ids);
  save(&row[RowLayout::text], checksum_of(text, before));
  text.copy(&row[layout_.ids], text.size());
  return row;
}

void GistWriter::append(std::vector<char>& row) {
  save(&row[layout_.checksum], checksum_of({row.data(), layout_.checksum}));
  write_at(row.data(), row.size(), slot_.rows_at + rows_ * layout_.bytes);
  index_.add(head_of(row.data()), rows_);
  ++rows_;
}

// `name` of what stands for so many tokens, for messages.
void GistWriter::put_gists(std::vector<char>& row, const std::string& name, std::uint32_t tokens,
                           const float* gist, const std::int32_t* offsets) const {
  const Shape& shape = slot_.shape;
  const std::uint32_t end = std::min<std::uint32_t>(tokens, 1u << 16);
  for (std::uint32_t i = 0; i < shape.gists; ++i) {
    if (offsets[i] < 0 || offsets[i] >= static_cast<std::int32_t>(end)) {
      throw FormatError("a gist stands at " + std::to_string(offsets[i]) + " of its " +
                        name.substr(0, name.find(' ')) + " when it should be 0 to " +
                        std::to_string(end - 1));
    }
    save(&row[RowLayout::offset + i * sizeof(std::uint16_t)], static_cast<std::uint16_t>(offsets[i]));
  }
  if (!encode_gists(shape, gist, &row[layout_.gist], row.data() + layout_.scale)) {
    throw FormatError("the gist of " + name + " has numbers that " + precision_name(shape.precision) +
                      " does not hold");
  }
}

void GistWriter::append_block(std::uint32_t document, std::uint32_t block, const std::int32_t* ids,
                              const float* gist, const std::int32_t* offsets, std::uint64_t compressor,
                              const std::uint8_t* kept) {
  std::vector<char> row = row_of(document, block, ids, slot_.shape.block, text_before(document, block));
  save(&row[RowLayout::level], std::uint8_t{1});
  save(&row[RowLayout::compressor], compressor);
  for (std::uint32_t i = 0; kept != nullptr && i < slot_.shape.block; ++i) {
    char& bits = row[layout_.kept + i / 8];
    if (kept[i] != 0) bits = static_cast<char>(static_cast<unsigned char>(bits) | 1u << (i % 8));
  }
  put_gists(row, "block " + std::to_string(block) + " of " + formats::printable(names_[document]),
            slot_.shape.block, gist, offsets);
  append(row);
}

void GistWriter::append_group(std::uint32_t document, std::uint32_t group, const float* gist,
                              const std::int32_t* offsets, std::uint64_t compressor) {
  const DocumentRows& held = rows(document);
  if (group > held.groups.size() || (group + std::size_t{1}) * slot_.shape.block > held.blocks.size())
    throw FormatError("group " + std::to_string(group) + " comes before its blocks");
  const std::vector<std::int32_t> none(slot_.shape.block, 0);
  std::vector<char> row = row_of(document, group, none.data(), none.size(), 0);
  save(&row[RowLayout::level], std::uint8_t{2});
  save(&row[RowLayout::compressor], compressor);
  save(&row[RowLayout::text], text_before(document, (group + 1) * slot_.shape.block));
  put_gists(row, "group " + std::to_string(group) + " of " + formats::printable(names_[document]),
            slot_.shape.group(), gist, offsets);
  append(row);
}

void GistWriter::append_tail(std::uint32_t document, const std::vector<std::int32_t>& ids) {
  const std::size_t block = slot_.shape.block;
  auto number = static_cast<std::uint32_t>(rows(document).blocks.size());
  std::uint64_t before = text_before(document, number);
  for (std::size_t at = 0; at < ids.size(); at += block, ++number) {
    std::vector<char> row =
        row_of(document, number, ids.data() + at, std::min(block, ids.size() - at), before);
    before = head_of(row.data()).text;
    append(row);
  }
}

void GistWriter::append_row_of(const GistWriter& other, std::uint64_t row) {
  other.read(row, nullptr, nullptr, nullptr);  // no damage is copied
  std::vector<char> bytes = other.bytes_of(row);
  append(bytes);
}

// Each number by itself, in an order in which HDF5 sees a file without fault at any moment.
void GistWriter::tell_hdf5() {
  const std::uint64_t bytes = slot_.rows * layout_.bytes;
  const std::uint64_t end = slot_.rows_at + bytes;
  const std::uint64_t rows[kRowsFields] = {slot_.rows, slot_.rows};
  const std::uint64_t room = std::max<std::uint64_t>(bytes, layout_.bytes);
  write_at(&end, sizeof end, slot_.end_field);
  write_at(&room, sizeof room, slot_.bytes_field);
  write_at(rows, sizeof rows, slot_.rows_field);
}

void GistWriter::commit() {
  if (rows_ == slot_.rows && names_.size() == slot_.documents) return;
  sync();
  Slot next = slot_;
  ++next.sequence;
  next.rows = rows_;
  next.documents = static_cast<std::uint32_t>(names_.size());
  const std::string bytes = encode(next);
  write_at(bytes.data(), bytes.size(), kSlots[next.sequence % 2]);
  sync();
  slot_ = next;
  tell_hdf5();
}

}  // namespace gistmill::gists
