// Byte-level BPE: text to token ids and back, as GPT-2, StarCoder, SmolLM, Llama 3 and Qwen do it.
// No ABI and no files: the plugin around it is plugin.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/tokenizer/bpe/splitter.hpp"
#include "plugins/tokenizer/bpe/vocabulary.hpp"
#include "plugins/tokenizer/common/encoder.hpp"
#include "plugins/tokenizer/common/merges.hpp"
#include "plugins/tokenizer/common/string_table.hpp"

namespace gistmill::bpe {

using tokenizer::SpecialTokens;

// Immutable after construction: any number of threads may read.
class Tokenizer {
 public:
  // Throws formats::FormatError where the vocabulary makes no sense: a token twice, a merge of or into
  // something that is no token.
  explicit Tokenizer(const Vocabulary& vocabulary);
  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;

  std::int32_t size() const { return static_cast<std::int32_t>(bytes_.size()); }
  PreTokenizer pre_tokenizer() const { return pre_tokenizer_; }
  bool prefix_space() const { return prefix_space_; }
  const tokenizer::Normalizer& normalizer() const { return normalizer_; }
  const tokenizer::AddedTokenSets& added() const { return added_; }

  // The bytes of a token; of an added one, its text. Throws std::out_of_range where there is no such id.
  std::string_view bytes_of(std::int32_t id) const { return bytes_.at(id); }
  std::string decode(const std::int32_t* ids, std::size_t count) const;

  // The token of a single byte; -1 where there is none.
  std::int32_t token_of(unsigned char byte) const { return byte_tokens_[byte]; }
  const tokenizer::MergeTable& merges() const { return merges_; }
  // The token that a whole piece becomes before any merging; -1 where it does not.
  std::int32_t whole(std::string_view piece) const { return whole_ ? whole_->find(piece) : -1; }

  // Stands for bytes without a token; -1 where they are dropped.
  std::int32_t unknown() const { return unknown_; }
  bool fuse_unknown() const { return fuse_unknown_; }

 private:
  PreTokenizer pre_tokenizer_;
  bool prefix_space_;
  tokenizer::Normalizer normalizer_;
  std::int32_t unknown_;
  bool fuse_unknown_;
  tokenizer::AddedTokenSets added_;
  tokenizer::StringTable bytes_;
  std::array<std::int32_t, 256> byte_tokens_;
  tokenizer::MergeTable merges_;
  std::optional<tokenizer::StringIndex> whole_;
};

// Encodes for one thread.
class Encoder : public tokenizer::Encoder {
 public:
  explicit Encoder(const Tokenizer& tokenizer);  // which must outlive it

 private:
  std::string_view normalize(std::string_view text, bool first) override;
  void encode_fragment(std::string_view fragment, bool first, tokenizer::IdBuffer& out) override;
  bool start_piece(std::string_view piece) override;

  const Tokenizer& tokenizer_;
  std::string normalized_;  // text after the normalizer
  std::string prefixed_;    // a fragment with a space before it
};

}  // namespace gistmill::bpe
