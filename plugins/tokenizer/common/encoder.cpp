// The way of text through added tokens and normalization, and the cache of pieces.
#include "plugins/tokenizer/common/encoder.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace gistmill::tokenizer {
namespace {

constexpr std::size_t kKeyBytes = 24;
constexpr std::size_t kLongestOfBatch =
    3 * Merger::kMostOfBatch;  // bytes: of three a character, more would not fit

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

Encoder::Encoder(const AddedTokenSets& added, const MergeTable& merges)
    : added_(added),
      cache_(std::size_t{1} << kCacheBits),
      merges_(merges),
      batch_ids_(kWaiting * Merger::kMostOfBatch) {}

std::vector<std::int32_t> Encoder::encode(std::string_view text, SpecialTokens special) {
  waiting_count_ = 0;  // of a text that was given up
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
        finish_pieces(out);
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

// Word by word: as arrays they would be compared by a call.
bool Encoder::has(const CacheEntry& entry, const Key& key) {
  return entry.key[0] == key[0] && entry.key[1] == key[1] && entry.key[2] == key[2];
}

void Encoder::encode_piece(std::string_view piece, const char* readable_end, IdBuffer& out) {
  WaitingPiece& waiting = waiting_[waiting_count_++];
  waiting.text = piece;
  waiting.entry = nullptr;
  waiting.ids = nullptr;
  if (piece.size() <= kCachedBytes) {
    const Key key = key_of(piece, readable_end);
    const std::uint64_t mixed = key[0] ^ (key[1] * 0xC2B2AE3D27D4EB4Fu) ^ (key[2] * 0x165667B19E3779F9u);
    const std::uint64_t hash = (mixed ^ (mixed >> 29)) * 0x9E3779B97F4A7C15u;
    waiting.key = key;
    waiting.entry = &cache_[static_cast<std::size_t>(hash >> (64 - kCacheBits))];
    __builtin_prefetch(waiting.entry, 1);
  }
  if (waiting_count_ == kWaiting) finish_pieces(out);
}

void Encoder::finish_pieces(IdBuffer& out) {
  merge_batch();
  for (std::size_t i = 0; i < waiting_count_; ++i) finish_piece(waiting_[i], out);
  waiting_count_ = 0;
}

// The pieces that are not in the cache and short enough.
void Encoder::merge_batch() {
  batch_count_ = 0;
  std::array<WaitingPiece*, kWaiting> joined;
  for (std::size_t i = 0; i < waiting_count_; ++i) {
    WaitingPiece& piece = waiting_[i];
    const bool known = piece.entry != nullptr && has(*piece.entry, piece.key);
    if (known || piece.text.size() > kLongestOfBatch) continue;
    if (join_batch(piece)) joined[batch_count_++] = &piece;
  }
  merger_.merge_batch(merges_, batch_.data(), batch_count_);
  for (std::size_t i = 0; i < batch_count_; ++i) joined[i]->count = batch_[i].count;
}

// A piece that loses bytes is left to finish_piece(), which counts them.
bool Encoder::join_batch(WaitingPiece& piece) {
  const std::uint64_t dropped_before = dropped_;
  const bool merges = start_piece(piece.text);
  const bool loses = std::exchange(dropped_, dropped_before) != dropped_before;
  if (!merges || loses || symbols_.size() > Merger::kMostOfBatch || symbols_.empty()) return false;
  piece.ids = batch_ids_.data() + batch_count_ * Merger::kMostOfBatch;
  std::copy(symbols_.begin(), symbols_.end(), piece.ids);
  batch_[batch_count_] = {piece.ids, symbols_.size()};
  return true;
}

void Encoder::merge_alone(std::string_view piece) {
  if (!start_piece(piece)) return;
  merger_.merge(merges_, symbols_);
  end_piece();
}

void Encoder::finish_piece(const WaitingPiece& piece, IdBuffer& out) {
  if (piece.entry != nullptr && has(*piece.entry, piece.key)) {
    // All of the line, of which `count` ids are meant: a copy of known size.
    std::memcpy(out.room(kCachedIds), piece.entry->ids.data(), sizeof piece.entry->ids);
    out.advance(static_cast<std::size_t>(piece.entry->count));
    return;
  }
  const std::uint64_t dropped_before = dropped_;
  if (piece.ids != nullptr) {
    symbols_.assign(piece.ids, piece.ids + piece.count);
    end_piece();
  } else {
    merge_alone(piece.text);
  }
  std::copy(symbols_.begin(), symbols_.end(), out.room(symbols_.size()));
  out.advance(symbols_.size());
  // A piece that lost bytes is not kept: it would not be counted again.
  if (piece.entry != nullptr && dropped_ == dropped_before) remember(piece);
}

void Encoder::remember(const WaitingPiece& piece) {
  if (symbols_.size() > kCachedIds) return;
  piece.entry->key = piece.key;
  piece.entry->count = static_cast<std::int32_t>(symbols_.size());
  std::copy(symbols_.begin(), symbols_.end(), piece.entry->ids.begin());
}

}  // namespace gistmill::tokenizer
