// The tokens of a SentencePiece tokenizer by id: what each stands for, and text from ids. How text becomes
// tokens is for its subclasses.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/tokenizer/common/encoder.hpp"
#include "plugins/tokenizer/common/string_table.hpp"
#include "plugins/tokenizer/sentencepiece/vocabulary.hpp"

namespace gistmill::sentencepiece {

// Immutable after construction: any number of threads may read.
class Pieces {
 public:
  // Throws formats::FormatError: a byte token that names no byte.
  explicit Pieces(const Vocabulary& vocabulary);
  Pieces(const Pieces&) = delete;
  Pieces& operator=(const Pieces&) = delete;

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
  // Whether every byte has a token that stands for it, so that no character is unknown.
  bool knows_all() const { return knows_all_; }
  bool byte_fallback() const { return byte_fallback_; }
  std::int32_t unknown() const { return unknown_; }
  // Appends the tokens of a text's bytes. False where it has none for all of them, or is not to.
  bool push_bytes(std::string_view text, std::vector<std::int32_t>* ids) const;

 private:
  void add_byte(const Vocabulary& vocabulary, std::size_t id);
  bool is_byte(std::int32_t id) const;
  bool is_added(std::int32_t id) const { return added_ids_[static_cast<std::size_t>(id)]; }
  // Whether encoding put a space before the text behind an added token.
  bool is_before_prefix(std::int32_t id) const { return before_prefix_[static_cast<std::size_t>(id)]; }

  Prefix prefix_;
  tokenizer::Normalizer text_normalizer_;
  Normalizer normalizer_;
  bool remove_extra_whitespaces_;
  SpacesLeftOut spaces_left_out_;
  bool decodes_bytes_;
  bool byte_fallback_, knows_all_ = true;
  std::int32_t unknown_;
  tokenizer::AddedTokenSets added_;
  std::vector<bool> added_ids_, before_prefix_;
  tokenizer::StringTable bytes_;
  std::array<std::int32_t, 256> byte_tokens_;
};

}  // namespace gistmill::sentencepiece
