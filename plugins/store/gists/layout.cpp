#include "plugins/store/gists/layout.hpp"

#include <bit>

#include <xxhash.h>
#include <gistmill/formats/error.hpp>

namespace gistmill::gists {
namespace {

static_assert(std::endian::native == std::endian::little, "rows are little endian");

constexpr std::string_view kMagic = "GISTROWS";
constexpr const char* kNames[kPrecisions] = {"f32", "f16", "bf16", "int8", "int4"};
constexpr std::uint32_t kMostBlock = 4096;
constexpr std::uint32_t kMostWidth = 1 << 20;
constexpr std::size_t kMostNumbers = 1 << 24;
constexpr std::uint32_t kMostDocuments = 1 << 20;

// The numbers of a slot behind magic and version, in their order.
template <class Numbers, class Each>
void each_number(Numbers& slot, Each&& each) {
  each(slot.shape.block);
  each(slot.shape.gists);
  each(slot.shape.width);
  each(slot.shape.documents);
  each(slot.documents);
  for (auto* number :
       {&slot.sequence, &slot.rows, &slot.about_at, &slot.about_bytes, &slot.about_checksum,
        &slot.documents_at, &slot.rows_at, &slot.end_field, &slot.bytes_field, &slot.rows_field})
    each(*number);
}

}  // namespace

const char* precision_name(Precision precision) { return kNames[static_cast<std::uint32_t>(precision)]; }

std::optional<Precision> precision_of(std::string_view name) {
  for (std::uint32_t i = 0; i < kPrecisions; ++i) {
    if (name == kNames[i]) return static_cast<Precision>(i);
  }
  return std::nullopt;
}

std::string refusal_of(const Shape& shape) {
  const auto wrong = [](const char* what, std::uint32_t found, std::uint32_t most) {
    return std::string(what) + " is " + std::to_string(found) + " when it should be 1 to " +
           std::to_string(most);
  };
  if (shape.block < 1 || shape.block > kMostBlock)
    return wrong("the block's length", shape.block, kMostBlock);
  if (shape.gists < 1 || shape.gists > kMostBlock)
    return wrong("the number of gists of a block", shape.gists, kMostBlock);
  if (shape.width < 1 || shape.width > kMostWidth) return wrong("a gist's width", shape.width, kMostWidth);
  if (shape.numbers() > kMostNumbers) return "the gists of a block have too many numbers";
  if (shape.documents < 1 || shape.documents > kMostDocuments)
    return wrong("the room for names of documents", shape.documents, kMostDocuments);
  return "";
}

std::size_t Shape::code_bytes() const {
  switch (precision) {
    case Precision::f32:
      return sizeof(float) * width;
    case Precision::f16:
    case Precision::bf16:
      return sizeof(std::uint16_t) * width;
    case Precision::int8:
      return width;
    case Precision::int4:
      return (std::size_t{width} + 1) / 2;
  }
  return 0;
}

std::size_t Shape::scale_bytes() const {
  if (precision == Precision::int8) return sizeof(float);
  return precision == Precision::int4 ? groups() * sizeof(std::uint16_t) : 0;
}

RowLayout::RowLayout(const Shape& shape)
    : kept(offset + sizeof(std::uint16_t) * shape.gists),
      ids(kept + shape.kept_bytes()),
      gist(ids + sizeof(std::uint32_t) * shape.block),
      scale(gist + shape.code_bytes() * shape.gists),
      checksum(scale + shape.scale_bytes() * shape.gists),
      bytes(checksum + sizeof(std::uint64_t)) {}

std::uint64_t checksum_of(std::string_view bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

std::string encode(const Slot& slot) {
  std::string bytes(kMagic);
  const auto put = [&bytes](auto number) {
    bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
  };
  put(kVersion);
  put(static_cast<std::uint32_t>(slot.shape.precision));
  each_number(slot, put);
  bytes.resize(kSlotBytes - sizeof(std::uint64_t), '\0');
  put(checksum_of(bytes));
  return bytes;
}

std::optional<Slot> decode_slot(std::string_view bytes) {
  if (bytes.size() < kSlotBytes || !bytes.starts_with(kMagic)) return std::nullopt;
  const std::size_t checked = kSlotBytes - sizeof(std::uint64_t);
  if (checksum_of(bytes.substr(0, checked)) != load<std::uint64_t>(bytes.data() + checked))
    return std::nullopt;
  const char* at = bytes.data() + kMagic.size();
  const auto take = [&at](auto& number) {
    std::memcpy(&number, at, sizeof number);
    at += sizeof number;
  };
  std::uint32_t version = 0;
  std::uint32_t precision = 0;
  take(version);
  if (version != kVersion) {
    throw formats::FormatError("its version is " + std::to_string(version) +
                               " when this program reads version " + std::to_string(kVersion) +
                               (version > kVersion ? "; it needs a newer program" : "; make it anew"));
  }
  take(precision);
  if (precision >= kPrecisions)
    throw formats::FormatError("its precision is number " + std::to_string(precision) + ", which is unknown");
  Slot slot;
  slot.shape.precision = static_cast<Precision>(precision);
  each_number(slot, take);
  return slot;
}

}  // namespace gistmill::gists
