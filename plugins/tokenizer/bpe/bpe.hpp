// Byte-level BPE: text to token ids and back, as GPT-2, StarCoder and SmolLM do it.
// No ABI and no files: the plugin around it is plugin.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/tokenizer/bpe/merges.hpp"
#include "plugins/tokenizer/bpe/splitter.hpp"
#include "plugins/tokenizer/bpe/vocabulary.hpp"

namespace gistmill::bpe {

// Immutable after construction: any number of threads may read.
class Tokenizer {
 public:
  // Throws formats::FormatError where the vocabulary makes no sense: types that do not match the tokens,
  // a token twice, a merge of or into something that is no token, an unknown pre-tokenizer.
  explicit Tokenizer(const Vocabulary& vocabulary);

  std::int32_t size() const { return static_cast<std::int32_t>(bytes_.size()); }
  PreTokenizer pre_tokenizer() const { return pre_tokenizer_; }

  // The bytes of a token; of a special one, its text. Throws std::out_of_range where there is no such id.
  const std::string& bytes_of(std::int32_t id) const;
  std::string decode(const std::int32_t* ids, std::size_t count) const;

  // The token of a single byte; -1 where there is none: such bytes are dropped.
  std::int32_t token_of(unsigned char byte) const { return byte_tokens_[byte]; }
  const MergeTable& merges() const { return merges_; }

  struct Special {
    std::size_t at = std::string_view::npos;  // npos: none in the text
    std::int32_t id = -1;
  };
  // The first special or added token in `text`, the longest where several start; from byte `from` on.
  Special find_special(std::string_view text, std::size_t from) const;

 private:
  PreTokenizer pre_tokenizer_;
  std::vector<std::string> bytes_;
  std::array<std::int32_t, 256> byte_tokens_;
  std::array<std::vector<std::int32_t>, 256> special_by_first_byte_;  // longest first
  MergeTable merges_;
};

enum class SpecialTokens { kRecognize, kAsText };

// Encodes for one thread: keeps the memory of merging and the ids of short pieces that it has seen.
// The cache never changes a result.
class Encoder {
 public:
  explicit Encoder(const Tokenizer& tokenizer);  // which must outlive it

  std::vector<std::int32_t> encode(std::string_view text, SpecialTokens special);

  // Bytes without a token, left out of the results so far.
  std::uint64_t dropped() const { return dropped_; }

 private:
  static constexpr std::size_t kCachedBytes = 23;
  static constexpr std::size_t kCachedIds = 9;
  static constexpr std::size_t kCacheBits = 14;

  // A cache line. The key is the piece, zeros, and its length: never all zero for a piece.
  struct CacheEntry {
    std::array<std::uint64_t, 3> key{};
    std::array<std::int32_t, kCachedIds> ids{};
    std::int32_t count = 0;
  };

  void encode_text(std::string_view text, std::vector<std::int32_t>& out);
  void encode_piece(std::string_view piece, std::vector<std::int32_t>& out);
  void merge_piece(std::string_view piece);

  const Tokenizer& tokenizer_;
  std::vector<CacheEntry> cache_;
  Merger merger_;
  std::vector<std::int32_t> symbols_;
  std::uint64_t dropped_ = 0;
};

}  // namespace gistmill::bpe
