#include "plugins/store/gists/reader.hpp"

#include <cstring>
#include <optional>

#include <gistmill/formats/error.hpp>

#include "plugins/store/gists/codec.hpp"

namespace gistmill::gists {

using formats::FormatError;

RowHead head_of(const char* row) {
  return {load<std::uint32_t>(row + RowLayout::document),   load<std::uint32_t>(row + RowLayout::block),
          load<std::uint16_t>(row + RowLayout::tokens),     load<std::uint8_t>(row + RowLayout::level),
          load<std::uint64_t>(row + RowLayout::compressor), load<std::uint64_t>(row + RowLayout::text)};
}

std::string defect_of_row(const Slot& slot, const RowLayout& layout, const char* row) {
  if (checksum_of({row, layout.checksum}) != load<std::uint64_t>(row + layout.checksum)) return "is damaged";
  const Shape& shape = slot.shape;
  const RowHead head = head_of(row);
  const bool whole = head.tokens == shape.block;
  if (head.document >= slot.documents || head.tokens < 1 || head.tokens > shape.block || head.level > 2 ||
      (head.level > 0 && !whole))
    return "does not fit into the store";
  for (std::uint32_t i = 0; i < head.tokens; ++i) {
    if (load<std::int32_t>(row + layout.ids + i * sizeof(std::uint32_t)) < 0)
      return "has a token id that is none";
  }
  for (std::uint32_t i = 0; head.level > 0 && i < shape.gists; ++i) {
    const std::uint32_t end = head.level == 1 ? shape.block : shape.group();
    if (load<std::uint16_t>(row + RowLayout::offset + i * sizeof(std::uint16_t)) >= end)
      return "has a gist outside of its block";
  }
  return "";
}

std::vector<std::uint8_t> kept_of(const Shape& shape, const RowLayout& layout, const char* row) {
  std::vector<std::uint8_t> kept(shape.block);
  for (std::uint32_t i = 0; i < shape.block; ++i)
    kept[i] = (static_cast<unsigned char>(row[layout.kept + i / 8]) >> (i % 8)) & 1;
  return kept;
}

void decode_row(const Shape& shape, const RowLayout& layout, const char* row, std::int32_t* ids, float* gist,
                std::int32_t* offsets) {
  const std::uint16_t tokens = head_of(row).tokens;
  if (ids != nullptr) std::memcpy(ids, row + layout.ids, tokens * sizeof *ids);
  for (std::uint32_t i = 0; offsets != nullptr && i < shape.gists; ++i)
    offsets[i] = load<std::uint16_t>(row + RowLayout::offset + i * sizeof(std::uint16_t));
  if (gist != nullptr) decode_gists(shape, row + layout.gist, row + layout.scale, gist);
}

GistReader::GistReader(const std::filesystem::path& path)
    : path_(path), map_(path), slot_(read_slot()), layout_(slot_.shape) {
  check_places();
  about_ = map_.bytes().substr(slot_.about_at, slot_.about_bytes);
  if (checksum_of(about_) != slot_.about_checksum) fail("what it says about itself is damaged");
}

void GistReader::fail(const std::string& what) const {
  throw FormatError("'" + path_.string() + "' is not a readable gist store: " + what);
}

Slot GistReader::read_slot() const {
  if (map_.size() < kUserBlock) fail("it has " + std::to_string(map_.size()) + " bytes");
  std::optional<Slot> best;
  try {
    for (const std::uint64_t at : kSlots) {
      const std::optional<Slot> slot = decode_slot(map_.bytes().substr(at, kSlotBytes));
      if (slot && (!best || slot->sequence > best->sequence)) best = slot;
    }
  } catch (const FormatError& error) {
    fail(error.what());
  }
  if (!best) fail("it has another format, or its head is damaged");
  if (const std::string refusal = refusal_of(best->shape); !refusal.empty()) fail(refusal);
  return *best;
}

void GistReader::check_places() const {
  const std::uint64_t size = map_.size();
  const auto holds = [size](std::uint64_t at, std::uint64_t count, std::uint64_t each) {
    return at >= kUserBlock && at <= size && count <= (size - at) / each;
  };
  if (!holds(slot_.about_at, slot_.about_bytes, 1) ||
      !holds(slot_.documents_at, slot_.shape.documents, kDocumentBytes) ||
      slot_.documents > slot_.shape.documents)
    fail("its head points behind its end; it was cut short");
  if (!holds(slot_.rows_at, slot_.rows, layout_.bytes)) {
    const std::uint64_t there = slot_.rows_at > size ? 0 : (size - slot_.rows_at) / layout_.bytes;
    fail("it has " + std::to_string(there) + " of " + std::to_string(slot_.rows) + " rows; it was cut short");
  }
  for (const std::uint64_t field : {slot_.end_field, slot_.bytes_field, slot_.rows_field}) {
    if (field < kUserBlock || field > slot_.rows_at || slot_.rows_at - field < kRowsFields * sizeof field)
      fail("its head points outside of HDF5's part");
  }
}

std::string GistReader::document(std::uint32_t number) const {
  if (number >= slot_.documents) fail("it has no document " + std::to_string(number));
  const std::string_view entry =
      map_.bytes().substr(slot_.documents_at + std::uint64_t{number} * kDocumentBytes, kDocumentBytes);
  const std::string_view name = entry.substr(0, kNameBytes);
  if (checksum_of(name) != load<std::uint64_t>(entry.data() + kNameBytes))
    fail("the name of document " + std::to_string(number) + " is damaged");
  return std::string(name.substr(0, name.find('\0')));
}

std::string GistReader::name_of(const RowHead& head) const {
  std::string name = (head.level == 2 ? "group " : "block ") + std::to_string(head.block);
  if (head.document >= slot_.documents) return name + " of document " + std::to_string(head.document);
  return name + " of " + formats::printable(document(head.document));
}

void GistReader::check(std::uint64_t row) const {
  if (row >= slot_.rows) fail("it has no row " + std::to_string(row));
  const std::string defect = defect_of_row(slot_, layout_, begin(row));
  if (!defect.empty()) fail("row " + std::to_string(row) + " (" + name_of(head(row)) + ") " + defect);
}

RowHead GistReader::read(std::uint64_t row, std::int32_t* ids, float* gist, std::int32_t* offsets) const {
  check(row);
  decode_row(slot_.shape, layout_, begin(row), ids, gist, offsets);
  return head(row);
}

}  // namespace gistmill::gists
