// The way of text through added tokens and normalization, and the cache of pieces.
#include "plugins/tokenizer/common/encoder.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace gistmill::tokenizer {
namespace {

constexpr std::size_t kLongestOfBatch =
    3 * Merger::kMostOfBatch;                             // bytes: of three a character, more would not fit
constexpr std::size_t kShortText = std::size_t{1} << 16;  // bytes that small caches are enough for

}  // namespace

Encoder::Encoder(const AddedTokenSets& added, const MergeTable& merges)
    : added_(added), merges_(merges), batch_ids_(kWaiting * Merger::kMostOfBatch) {}

std::vector<std::int32_t> Encoder::encode(std::string_view text, SpecialTokens special) {
  waiting_count_ = 0;  // of a text that was given up
  if (!caches_grown_ && (encoded_bytes_ += text.size()) > kShortText) {
    cache_.grow();
    long_cache_.grow();
    caches_grown_ = true;
  }
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

void Encoder::encode_piece(std::string_view piece, const char* readable_end, IdBuffer& out) {
  WaitingPiece& waiting = waiting_[waiting_count_++];
  waiting.text = piece;
  waiting.set = nullptr;
  waiting.long_entry = nullptr;
  waiting.ids = nullptr;
  if (piece.size() <= PieceCache::kBytes) {
    waiting.key = PieceCache::key_of(piece, readable_end);
    waiting.set = cache_.set_of(waiting.key);
    __builtin_prefetch(&waiting.set->first, 1);
  } else if (piece.size() <= LongPieceCache::kBytes) {
    waiting.long_entry = long_cache_.entry_of(piece);
    __builtin_prefetch(waiting.long_entry, 1);
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
  std::array<WaitingPiece*, kWaiting> others, joined;
  std::size_t count = 0;
  for (std::size_t i = 0; i < waiting_count_; ++i) {
    WaitingPiece& piece = waiting_[i];
    if (piece.text.size() > kLongestOfBatch) continue;
    if (piece.set != nullptr) {
      if (piece.set->first.has(piece.key)) continue;
      __builtin_prefetch(&piece.set->second, 1);
    }
    others[count++] = &piece;
  }
  batch_count_ = 0;
  for (std::size_t i = 0; i < count; ++i) {
    WaitingPiece& piece = *others[i];
    if (piece.set != nullptr && piece.set->second.has(piece.key)) continue;
    if (piece.long_entry != nullptr && piece.long_entry->has(piece.text)) continue;
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

// All of an entry, of which `count` ids are meant: a copy of known size.
bool Encoder::append_remembered(const WaitingPiece& piece, IdBuffer& out) {
  if (piece.set != nullptr) {
    const PieceCache::Entry* const entry = PieceCache::find(*piece.set, piece.key);
    if (entry == nullptr) return false;
    std::memcpy(out.room(PieceCache::kIds), entry->ids.data(), sizeof entry->ids);
    out.advance(static_cast<std::size_t>(entry->count));
    return true;
  }
  const LongPieceCache::Entry* const entry = piece.long_entry;
  if (entry == nullptr || !entry->has(piece.text)) return false;
  std::memcpy(out.room(LongPieceCache::kIds), entry->ids.data(), sizeof entry->ids);
  out.advance(static_cast<std::size_t>(entry->count));
  return true;
}

void Encoder::finish_piece(const WaitingPiece& piece, IdBuffer& out) {
  if (append_remembered(piece, out)) return;
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
  if (dropped_ == dropped_before) remember(piece);
}

void Encoder::remember(const WaitingPiece& piece) {
  if (piece.set != nullptr && symbols_.size() <= PieceCache::kIds)
    PieceCache::insert(*piece.set, piece.key, symbols_);
  if (piece.long_entry != nullptr && symbols_.size() <= LongPieceCache::kIds)
    piece.long_entry->remember(piece.text, symbols_);
}

}  // namespace gistmill::tokenizer
