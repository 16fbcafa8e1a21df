// SentencePiece BPE: text to token ids and back, as Llama 2, Mistral and stories260K do it. Characters merge,
// the best pair first; a character without a token becomes the tokens of its bytes.
// No ABI and no files: the plugin around it is plugin.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/tokenizer/common/merges.hpp"
#include "plugins/tokenizer/common/string_table.hpp"
#include "plugins/tokenizer/sentencepiece/encoder.hpp"
#include "plugins/tokenizer/sentencepiece/pieces.hpp"
#include "plugins/tokenizer/spm/joints.hpp"
#include "plugins/tokenizer/spm/symbol_table.hpp"
#include "plugins/tokenizer/spm/vocabulary.hpp"

namespace gistmill::spm {

using tokenizer::SpecialTokens;

// Immutable after construction: any number of threads may read.
class Tokenizer : public sentencepiece::Pieces {
 public:
  // Throws formats::FormatError where the vocabulary makes no sense: a token twice, a byte without a token
  // where pieces merge by scores, a piece that is not UTF-8, a score that is no number, a merge of or into
  // something that is no token.
  explicit Tokenizer(const Vocabulary& vocabulary);

  // The symbol of a character that is part of a token; -1 where it is of none. A symbol that is no token is
  // size() or more, and the text of it is symbol_text().
  std::int32_t symbol_of(std::int32_t code) const { return symbols_.find(code); }
  std::string_view symbol_text(std::int32_t symbol) const {
    return extra_symbols_[static_cast<std::size_t>(symbol - size())];
  }
  const tokenizer::MergeTable& merges() const { return merges_; }
  const Joints& joints() const { return joints_; }
  bool fuse_unknown() const { return fuse_unknown_; }
  // The token that a whole word becomes before any merging; -1 where it does not.
  std::int32_t whole(std::string_view word) const;

 private:
  void settle_unknown(const Vocabulary& vocabulary);

  bool fuse_unknown_;
  Joints joints_;
  SymbolTable symbols_;
  tokenizer::StringTable extra_symbols_;
  tokenizer::MergeTable merges_;
  tokenizer::StringTable words_;                 // what a word may be as a whole: the model's tokens
  std::optional<tokenizer::StringIndex> whole_;  // of these
};

// Encodes for one thread.
class Encoder : public sentencepiece::Encoder {
 public:
  explicit Encoder(const Tokenizer& tokenizer);  // which must outlive it

 private:
  void encode_fragment(std::string_view fragment, bool first, tokenizer::IdBuffer& out) override;
  bool start_piece(std::string_view piece) override;
  void push_with_unknown(std::string_view piece);
  void end_piece() override;

  const Tokenizer& tokenizer_;
  std::string prefixed_;  // the first piece, a space before it
  std::vector<std::int32_t> expanded_;
};

}  // namespace gistmill::spm
