// What every tokenizer does with text: cuts the added tokens out, has the rest cut into pieces, merges each
// piece, and remembers short pieces. What a piece is, and of which symbols, its subclass says.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/tokenizer/common/added_tokens.hpp"
#include "plugins/tokenizer/common/merges.hpp"
#include "plugins/tokenizer/common/piece_cache.hpp"

namespace gistmill::tokenizer {

// Ids that were written; grows in steps, so that a piece is appended without a check for each id.
class IdBuffer {
 public:
  // Room for `count` ids after those that are there.
  std::int32_t* room(std::size_t count) {
    if (ids_.size() - size_ < count) ids_.resize(2 * ids_.size() + count + 1024);
    return ids_.data() + size_;
  }
  void advance(std::size_t count) { size_ += count; }
  void append(std::int32_t id) {
    *room(1) = id;
    ++size_;
  }
  std::vector<std::int32_t> take() {
    ids_.resize(size_);
    size_ = 0;
    return std::move(ids_);
  }

 private:
  std::vector<std::int32_t> ids_;
  std::size_t size_ = 0;
};

// Text is looked through twice for added tokens: as it is, and normalized.
struct AddedTokenSets {
  AddedTokens plain;
  AddedTokens normalized;  // in their own normal form
};

// Works for one thread. The cache never changes a result.
class Encoder {
 public:
  virtual ~Encoder() = default;
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  std::vector<std::int32_t> encode(std::string_view text, SpecialTokens special);

  // Bytes without a token, left out of the results so far.
  std::uint64_t dropped() const { return dropped_; }

 protected:
  Encoder(const AddedTokenSets& added, const MergeTable& merges);  // which must outlive it

  // The text in which normalized tokens are looked for: all between two plain ones, or none. `first`: it
  // starts the whole text. Holds until the next call.
  virtual std::string_view normalize(std::string_view text, bool first) = 0;
  // Normalized text without added tokens, never empty. `first`: it starts the whole text.
  virtual void encode_fragment(std::string_view fragment, bool first, IdBuffer& out) = 0;
  // The symbols of a piece, into symbols_. False where they are its ids already, and nothing merges.
  virtual bool start_piece(std::string_view piece) = 0;
  // Makes ids of merged symbols.
  virtual void end_piece() {}

  // readable_end: how far memory may be read past the piece. The ids of a piece may come with a later one:
  // pieces wait for their lines of the cache, and merge together. The text stays until encode_fragment
  // returns.
  void encode_piece(std::string_view piece, const char* readable_end, IdBuffer& out);

  std::vector<std::int32_t> symbols_;
  std::uint64_t dropped_ = 0;

 private:
  static constexpr std::size_t kWaiting = 64;  // pieces

  struct WaitingPiece {
    std::string_view text;
    PieceCache::Key key;
    PieceCache::Set* set;               // null: too long for it
    LongPieceCache::Entry* long_entry;  // null: too short for it, or too long
    std::int32_t* ids;                  // of the batch; null where it is not in it
    std::size_t count;
  };

  void merge_alone(std::string_view piece);
  void merge_batch();
  bool join_batch(WaitingPiece& piece);
  bool append_remembered(const WaitingPiece& piece, IdBuffer& out);
  void finish_piece(const WaitingPiece& piece, IdBuffer& out);
  void finish_pieces(IdBuffer& out);  // those that wait
  void remember(const WaitingPiece& piece);
  void encode_normalized(std::string_view text, SpecialTokens special, bool first, IdBuffer& out);

  const AddedTokenSets& added_;
  PieceCache cache_;
  LongPieceCache long_cache_;
  std::size_t encoded_bytes_ = 0;  // until the caches grow
  bool caches_grown_ = false;

  const MergeTable& merges_;
  Merger merger_;
  std::array<WaitingPiece, kWaiting> waiting_;
  std::size_t waiting_count_ = 0;
  std::vector<std::int32_t> batch_ids_;  // room for each waiting piece
  std::array<ShortPiece, kWaiting> batch_;
  std::size_t batch_count_ = 0;
};

}  // namespace gistmill::tokenizer
