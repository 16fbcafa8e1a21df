// Building a tokenizer from its vocabulary, and encoding with it.
#include "plugins/tokenizer/spm/spm.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>

#include <gistmill/text/utf8.hpp>

#include "plugins/tokenizer/common/unicode.hpp"
#include "plugins/tokenizer/spm/merge_pairs.hpp"

namespace gistmill::spm {
namespace {

using tokenizer::decode_utf8;
using tokenizer::kNoCharacter;

}  // namespace

// Where characters may be unknown, those next to each other become one token: pieces are whole words. So they
// are where a word may be a token.
void Tokenizer::settle_unknown(const Vocabulary& vocabulary) {
  for (int byte = 0; byte < 256 && vocabulary.by_scores; ++byte) {
    if (token_of(static_cast<unsigned char>(byte)) < 0)
      vocabulary.fail("has no token for byte " + std::to_string(byte) + ", expected one for every byte");
  }
  if (!knows_all() || vocabulary.ignore_merges) joints_.allow_all();
  if (!vocabulary.ignore_merges) return;
  for (std::size_t i = 0; i < vocabulary.model_tokens; ++i)
    words_.add(vocabulary.is_own(i) ? vocabulary.tokens[i] : std::string_view());
  whole_.emplace(words_);
  for (std::size_t i = 0; i < words_.size(); ++i) whole_->insert(static_cast<std::int32_t>(i));
}

std::int32_t Tokenizer::whole(std::string_view word) const {
  return whole_ ? whole_->find(with_escaped_spaces(word)) : -1;
}

Tokenizer::Tokenizer(const Vocabulary& vocabulary)
    : Pieces(vocabulary), fuse_unknown_(vocabulary.fuse_unknown), merges_(0) {
  const std::size_t size = vocabulary.tokens.size();
  for (std::size_t i = 0; i < size; ++i) {
    const std::string_view piece = vocabulary.tokens[i];
    const auto id = static_cast<std::int32_t>(i);
    const bool byte = vocabulary.types[i] == PieceType::kByte;
    if (byte && !vocabulary.by_scores) joints_.allow(piece);  // merges may make it of its name
    if (vocabulary.types[i] != PieceType::kNormal || piece.empty()) continue;
    joints_.allow(piece);
    std::size_t length = 0;
    const std::int32_t code = decode_utf8(piece, 0, &length);
    if (length == piece.size() && code != kNoCharacter) symbols_.set(code, id);
  }
  settle_unknown(vocabulary);
  const SymbolOf symbol_of_character = [&](std::int32_t code) {
    if (const std::int32_t known = symbol_of(code); known >= 0) return known;
    const auto symbol = static_cast<std::int32_t>(size + extra_symbols_.size());
    std::string text;
    text::append_utf8(text, code);
    extra_symbols_.add(text);
    symbols_.set(code, symbol);
    return symbol;
  };
  merges_ = vocabulary.by_scores ? merges_by_scores(vocabulary, symbol_of_character)
                                 : merge_table(vocabulary, vocabulary.merges, vocabulary.same_merge);
  if (vocabulary.words_apart) joints_.cut_before_spaces();
  // Text has spaces where tokens have U+2581.
  symbols_.set(' ', symbol_of(kSpaceCode));
}

Encoder::Encoder(const Tokenizer& tokenizer)
    : sentencepiece::Encoder(tokenizer, tokenizer.merges()), tokenizer_(tokenizer) {}

void Encoder::encode_fragment(std::string_view fragment, bool first, tokenizer::IdBuffer& out) {
  const std::string_view text = trimmed(fragment);
  if (text.empty()) return;
  std::size_t at = 0;
  if (wants_prefix(text, first)) {
    at = tokenizer_.joints().piece_end(text, 0);
    prefixed_.assign(" ").append(text, 0, at);
    encode_piece(prefixed_, prefixed_.data() + prefixed_.size(), out);
  }
  const char* const readable_end = text.data() + text.size();
  while (at < text.size()) {
    const std::size_t end = tokenizer_.joints().piece_end(text, at);
    encode_piece(text.substr(at, end - at), readable_end, out);
    at = end;
  }
}

bool Encoder::start_piece(std::string_view piece) {
  symbols_.clear();
  if (const std::int32_t id = tokenizer_.whole(piece); id >= 0) {
    symbols_.push_back(id);
    return false;
  }
  if (!tokenizer_.knows_all()) {
    push_with_unknown(piece);
    return true;
  }
  std::size_t length = 0;
  for (std::size_t at = 0; at < piece.size(); at += length) {
    const std::int32_t code = decode_utf8(piece, at, &length);
    const std::int32_t symbol = code == kNoCharacter ? -1 : tokenizer_.symbol_of(code);
    if (symbol >= 0) {
      symbols_.push_back(symbol);
    } else {
      tokenizer_.push_bytes(code == ' ' ? kSpace : piece.substr(at, length), &symbols_);
    }
  }
  return true;
}

// As `tokenizers` does it: an unknown token waits for the next character that has a token, and so comes
// behind the bytes of those between.
void Encoder::push_with_unknown(std::string_view piece) {
  const std::int32_t unknown = tokenizer_.unknown();
  bool waiting = false;
  std::size_t length = 0;
  for (std::size_t at = 0; at < piece.size(); at += length) {
    const std::int32_t code = decode_utf8(piece, at, &length);
    const std::int32_t symbol = code == kNoCharacter ? -1 : tokenizer_.symbol_of(code);
    if (symbol >= 0) {
      if (std::exchange(waiting, false)) symbols_.push_back(unknown);
      symbols_.push_back(symbol);
    } else if (!tokenizer_.push_bytes(code == ' ' ? kSpace : piece.substr(at, length), &symbols_)) {
      if (unknown < 0) dropped_ += length;
      if (waiting && !tokenizer_.fuse_unknown()) symbols_.push_back(unknown);
      waiting = unknown >= 0;
    }
  }
  if (waiting) symbols_.push_back(unknown);
}

// Characters that are part of tokens but not tokens themselves become their bytes if they were not merged.
void Encoder::end_piece() {
  if (std::none_of(symbols_.begin(), symbols_.end(),
                   [&](std::int32_t id) { return id >= tokenizer_.size(); }))
    return;
  expanded_.clear();
  for (const std::int32_t symbol : symbols_) {
    if (symbol < tokenizer_.size()) {
      expanded_.push_back(symbol);
    } else {
      tokenizer_.push_bytes(tokenizer_.symbol_text(symbol), &expanded_);
    }
  }
  symbols_.swap(expanded_);
}

}  // namespace gistmill::spm
