// The way of text through added tokens and normalization, and the cache of pieces.
#include "plugins/tokenizer/common/encoder.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace gistmill::tokenizer {
namespace {

constexpr std::size_t kKeyBytes = 24;

// kMasks[n] keeps the first n of 24 bytes.
constexpr std::array<std::array<std::uint64_t, 3>, kKeyBytes> make_masks() {
  std::array<std::array<std::uint64_t, 3>, kKeyBytes> masks{};
  for (std::size_t size = 0; size < kKeyBytes; ++size) {
    for (std::size_t byte = 0; byte < size; ++byte)
      masks[size][byte / 8] |= std::uint64_t{0xFF} << 8 * (byte % 8);
  }
  return masks;
}
constexpr auto kMasks = make_masks();

}  // namespace

Encoder::Encoder(const AddedTokenSets& added) : added_(added), cache_(std::size_t{1} << kCacheBits) {}

std::vector<std::int32_t> Encoder::encode(std::string_view text, SpecialTokens special) {
  waiting_entry_ = nullptr;  // of a text that was given up
  IdBuffer out;
  out.room(text.size() / 3 + 16);
  const auto token = [&](std::int32_t id) { out.append(id); };
  added_.plain.split(
      text, special,
      [&](std::size_t from, std::size_t to) {
        const bool first = from == 0;
        encode_normalized(normalize(text.substr(from, to - from), first), special, first, out);
      },
      token);
  return out.take();
}

void Encoder::encode_normalized(std::string_view text, SpecialTokens special, bool first, IdBuffer& out) {
  added_.normalized.split(
      text, special,
      [&](std::size_t from, std::size_t to) {
        encode_fragment(text.substr(from, to - from), first && from == 0, out);
        finish_piece(out);
      },
      [&](std::int32_t id) { out.append(id); });
}

Encoder::Key Encoder::key_of(std::string_view piece, const char* readable_end) {
  static_assert(kCachedBytes < kKeyBytes);
  Key key{};
  if (readable_end - piece.data() >= static_cast<std::ptrdiff_t>(kKeyBytes)) {
    std::memcpy(key.data(), piece.data(), kKeyBytes);
    for (std::size_t i = 0; i < 3; ++i) key[i] &= kMasks[piece.size()][i];
  } else {
    std::memcpy(key.data(), piece.data(), piece.size());
  }
  key[2] |= static_cast<std::uint64_t>(piece.size()) << 56;
  return key;
}

void Encoder::append_merged(std::string_view piece, IdBuffer& out) {
  merge_piece(piece);
  std::copy(symbols_.begin(), symbols_.end(), out.room(symbols_.size()));
  out.advance(symbols_.size());
}

void Encoder::encode_piece(std::string_view piece, const char* readable_end, IdBuffer& out) {
  if (piece.size() > kCachedBytes) {
    finish_piece(out);
    append_merged(piece, out);
    return;
  }
  const Key key = key_of(piece, readable_end);
  const std::uint64_t mixed = key[0] ^ (key[1] * 0xC2B2AE3D27D4EB4Fu) ^ (key[2] * 0x165667B19E3779F9u);
  const std::uint64_t hash = (mixed ^ (mixed >> 29)) * 0x9E3779B97F4A7C15u;
  CacheEntry* const entry = &cache_[static_cast<std::size_t>(hash >> (64 - kCacheBits))];
  __builtin_prefetch(entry, 1);
  finish_piece(out);
  waiting_ = piece;
  waiting_key_ = key;
  waiting_entry_ = entry;
}

void Encoder::finish_piece(IdBuffer& out) {
  if (waiting_entry_ == nullptr) return;
  CacheEntry& entry = *std::exchange(waiting_entry_, nullptr);
  const Key& key = waiting_key_;
  // Word by word: as arrays they would be compared by a call.
  if (entry.key[0] == key[0] && entry.key[1] == key[1] && entry.key[2] == key[2]) {
    // All of the line, of which `count` ids are meant: a copy of known size.
    std::memcpy(out.room(kCachedIds), entry.ids.data(), sizeof entry.ids);
    out.advance(static_cast<std::size_t>(entry.count));
    return;
  }
  const std::uint64_t dropped_before = dropped_;
  append_merged(waiting_, out);
  // A piece that lost bytes is not kept: it would not be counted again.
  if (symbols_.size() > kCachedIds || dropped_ != dropped_before) return;
  entry.key = key;
  entry.count = static_cast<std::int32_t>(symbols_.size());
  std::copy(symbols_.begin(), symbols_.end(), entry.ids.begin());
}

}  // namespace gistmill::tokenizer
