// SentencePiece BPE: text to token ids and back, as Llama 2, Mistral and stories260K do it. Characters merge,
// the best pair first; a character without a token becomes the tokens of its bytes.
// No ABI and no files: the plugin around it is plugin.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/tokenizer/common/encoder.hpp"
#include "plugins/tokenizer/common/merges.hpp"
#include "plugins/tokenizer/common/string_table.hpp"
#include "plugins/tokenizer/spm/joints.hpp"
#include "plugins/tokenizer/spm/symbol_table.hpp"
#include "plugins/tokenizer/spm/vocabulary.hpp"

namespace gistmill::spm {

using tokenizer::SpecialTokens;

// Immutable after construction: any number of threads may read.
class Tokenizer {
 public:
  // Throws formats::FormatError where the vocabulary makes no sense: a token twice, a byte without a token
  // where pieces merge by scores, a piece that is not UTF-8, a score that is no number, a merge of or into
  // something that is no token.
  explicit Tokenizer(const Vocabulary& vocabulary);
  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;

  std::int32_t size() const { return static_cast<std::int32_t>(bytes_.size()); }
  const tokenizer::AddedTokenSets& added() const { return added_; }
  Prefix prefix() const { return prefix_; }
  const tokenizer::Normalizer& text_normalizer() const { return text_normalizer_; }
  Normalizer normalizer() const { return normalizer_; }
  bool remove_extra_whitespaces() const { return remove_extra_whitespaces_; }

  // The bytes of a token, spaces as spaces. Throws std::out_of_range where there is no such id.
  std::string_view bytes_of(std::int32_t id) const { return bytes_.at(id); }
  // Leaves out the space that encoding puts before text, or what the vocabulary says.
  std::string decode(const std::int32_t* ids, std::size_t count) const;

  // -1 where there is none.
  std::int32_t token_of(unsigned char byte) const { return byte_tokens_[byte]; }
  // The symbol of a character that is part of a token; -1 where it is of none. A symbol that is no token is
  // size() or more, and the text of it is symbol_text().
  std::int32_t symbol_of(std::int32_t code) const { return symbols_.find(code); }
  std::string_view symbol_text(std::int32_t symbol) const {
    return extra_symbols_[static_cast<std::size_t>(symbol - size())];
  }
  const tokenizer::MergeTable& merges() const { return merges_; }
  const Joints& joints() const { return joints_; }
  // Whether every byte has a token that stands for it, so that no character is unknown.
  bool knows_all() const { return knows_all_; }
  bool byte_fallback() const { return byte_fallback_; }
  std::int32_t unknown() const { return unknown_; }
  bool fuse_unknown() const { return fuse_unknown_; }
  // The token that a whole word becomes before any merging; -1 where it does not.
  std::int32_t whole(std::string_view word) const;

 private:
  bool is_byte(std::int32_t id) const;
  void add_byte(const Vocabulary& vocabulary, std::size_t id);
  void settle_unknown(const Vocabulary& vocabulary);
  bool is_added(std::int32_t id) const { return added_ids_[static_cast<std::size_t>(id)]; }
  // Whether encoding put a space before the text behind an added token.
  bool is_before_prefix(std::int32_t id) const { return before_prefix_[static_cast<std::size_t>(id)]; }

  Prefix prefix_;
  tokenizer::Normalizer text_normalizer_;
  Normalizer normalizer_;
  bool remove_extra_whitespaces_;
  SpacesLeftOut spaces_left_out_;
  bool decodes_bytes_;
  bool byte_fallback_, fuse_unknown_, knows_all_ = true;
  std::int32_t unknown_;
  Joints joints_;
  tokenizer::AddedTokenSets added_;
  std::vector<bool> added_ids_, before_prefix_;
  tokenizer::StringTable bytes_;
  std::array<std::int32_t, 256> byte_tokens_;
  SymbolTable symbols_;
  tokenizer::StringTable extra_symbols_;
  tokenizer::MergeTable merges_;
  tokenizer::StringTable words_;                 // what a word may be as a whole: the model's tokens
  std::optional<tokenizer::StringIndex> whole_;  // of these
};

// Encodes for one thread.
class Encoder : public tokenizer::Encoder {
 public:
  explicit Encoder(const Tokenizer& tokenizer);  // which must outlive it

 private:
  std::string_view normalize(std::string_view text, bool first) override;
  void encode_fragment(std::string_view fragment, bool first, tokenizer::IdBuffer& out) override;
  bool start_piece(std::string_view piece) override;
  std::string_view without_extra_spaces(std::string_view fragment);
  bool wants_prefix(std::string_view text, bool first) const;
  void push_bytes(std::string_view bytes, std::vector<std::int32_t>* ids) const;
  // A character without a token. False where it is unknown, or nothing.
  bool push_fallback(std::string_view character);
  void push_with_unknown(std::string_view piece);
  void end_piece() override;

  const Tokenizer& tokenizer_;
  Prefix prefix_;               // of a fragment
  bool start_removed_ = false;  // by the text's normalizer, so that no prefix of a text is put
  bool removes_spaces_;         // from a fragment; else from what lies between plain added tokens
  std::string normalized_;      // text after the text's normalizer
  std::string trimmed_;         // text without extra spaces
  std::string escaped_;         // text with U+2581 for its spaces
  std::string prefixed_;        // the first piece, a space before it
  std::vector<std::int32_t> expanded_;
};

}  // namespace gistmill::spm
