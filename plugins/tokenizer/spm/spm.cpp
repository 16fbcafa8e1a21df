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

std::string with_spaces(std::string_view piece) {
  std::string text;
  for (std::size_t at = 0; at < piece.size();) {
    const bool space = piece.substr(at, kSpace.size()) == kSpace;
    text += space ? ' ' : piece[at];
    at += space ? kSpace.size() : 1;
  }
  return text;
}

}  // namespace

void Tokenizer::add_byte(const Vocabulary& vocabulary, std::size_t id) {
  const std::string_view piece = vocabulary.tokens[id];
  const int byte = byte_named(piece);
  if (byte < 0)
    vocabulary.fail("token " + std::to_string(id) + " is a byte token, but its text is " +
                    formats::printable(piece));
  byte_tokens_[static_cast<std::size_t>(byte)] = static_cast<std::int32_t>(id);
  bytes_.add(std::string(1, static_cast<char>(byte)));
  if (!vocabulary.by_scores) joints_.allow(piece);  // merges may make it of its name
}

// Where characters may be unknown, those next to each other become one token: pieces are whole words. So they
// are where a word may be a token.
void Tokenizer::settle_unknown(const Vocabulary& vocabulary) {
  const auto* const missing = std::find(byte_tokens_.begin(), byte_tokens_.end(), -1);
  if (missing != byte_tokens_.end() && vocabulary.by_scores) {
    vocabulary.fail("has no token for byte " + std::to_string(missing - byte_tokens_.begin()) +
                    ", expected one for every byte");
  }
  knows_all_ = byte_fallback_ && missing == byte_tokens_.end();
  if (!knows_all_ || vocabulary.ignore_merges) joints_.allow_all();
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
    : prefix_(vocabulary.prefix),
      text_normalizer_(vocabulary.text_normalizer),
      normalizer_(vocabulary.normalizer),
      remove_extra_whitespaces_(vocabulary.remove_extra_whitespaces),
      spaces_left_out_(vocabulary.spaces_left_out),
      decodes_bytes_(vocabulary.decodes_bytes),
      byte_fallback_(vocabulary.byte_fallback),
      fuse_unknown_(vocabulary.fuse_unknown),
      unknown_(vocabulary.unknown),
      added_(added_sets(vocabulary)),
      added_ids_(vocabulary.tokens.size()),
      before_prefix_(vocabulary.tokens.size()),
      merges_(0) {
  const bool fragments = prefix_ == Prefix::kFragments || prefix_ == Prefix::kFragmentsUnless;
  for (const tokenizer::AddedToken& token : vocabulary.added) {
    const auto id = static_cast<std::size_t>(token.id);
    added_ids_[id] = true;
    // The normalizer puts it before what lies between plain tokens, whatever is found in that.
    before_prefix_[id] = fragments && !(token.normalized && normalizer_ == Normalizer::kPrependAndReplace);
  }
  byte_tokens_.fill(-1);
  const std::size_t size = vocabulary.tokens.size();
  for (std::size_t i = 0; i < size; ++i) {
    const std::string_view piece = vocabulary.tokens[i];
    const auto id = static_cast<std::int32_t>(i);
    if (vocabulary.types[i] == PieceType::kByte) {
      add_byte(vocabulary, i);
      continue;
    }
    bytes_.add(is_added(id) && !vocabulary.added_spaces ? std::string(piece) : with_spaces(piece));
    if (vocabulary.types[i] != PieceType::kNormal || piece.empty()) continue;
    joints_.allow(piece);
    std::size_t length = 0;
    const std::int32_t code = decode_utf8(piece, 0, &length);
    if (length == piece.size() && code != kNoCharacter) symbols_.set(code, id);
  }
  settle_unknown(vocabulary);
  // It stands for characters too, and what follows these has no space of its own before it.
  if (!knows_all_ && unknown_ >= 0) before_prefix_[static_cast<std::size_t>(unknown_)] = false;
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

bool Tokenizer::is_byte(std::int32_t id) const {
  const std::string_view bytes = bytes_of(id);
  return bytes.size() == 1 && token_of(static_cast<unsigned char>(bytes[0])) == id;
}

std::string Tokenizer::decode(const std::int32_t* ids, std::size_t count) const {
  std::string text;
  const bool prefix = spaces_left_out_ == SpacesLeftOut::kPrefix;
  bool starts = prefix && prefix_ != Prefix::kNone;
  for (std::size_t i = 0; i < count; ++i) {
    std::string_view bytes = bytes_of(ids[i]);
    const bool added = is_added(ids[i]);
    if (!decodes_bytes_ && is_byte(ids[i])) {
      text += name_of_byte(static_cast<unsigned char>(bytes[0]));
      continue;
    }
    if (i == 0 && !added && spaces_left_out_ == SpacesLeftOut::kFirstToken) {
      std::ranges::remove_copy(bytes, std::back_inserter(text), ' ');
      continue;
    }
    if (starts && !added && bytes.starts_with(' ')) bytes.remove_prefix(1);
    text += bytes;
    starts = prefix && added && is_before_prefix(ids[i]);
  }
  return text;
}

// Where added tokens are looked for in normalized text, all of that is normalized before; else a fragment is,
// as it is encoded, without a copy.
Encoder::Encoder(const Tokenizer& tokenizer)
    : tokenizer::Encoder(tokenizer.added(), tokenizer.merges()),
      tokenizer_(tokenizer),
      prefix_(tokenizer.prefix()),
      removes_spaces_(tokenizer.remove_extra_whitespaces()) {
  if (tokenizer.added().normalized.empty()) return;
  if (tokenizer.normalizer() == Normalizer::kPrependAndReplace) prefix_ = Prefix::kNone;
  if (tokenizer.normalizer() != Normalizer::kIdentity) removes_spaces_ = false;
}

std::string_view Encoder::normalize(std::string_view text, bool) {
  const tokenizer::Normalizer& before = tokenizer_.text_normalizer();
  start_removed_ = false;
  if (!before.empty()) text = normalized_ = before.apply(text, &start_removed_);
  const Normalizer normalizer = tokenizer_.normalizer();
  if (normalizer == Normalizer::kIdentity || tokenizer_.added().normalized.empty()) return text;
  if (tokenizer_.remove_extra_whitespaces()) text = without_extra_spaces(text);
  escaped_.clear();
  if (normalizer == Normalizer::kPrependAndReplace && !text.empty()) escaped_ = kSpace;
  for (const char c : text) c == ' ' ? void(escaped_ += kSpace) : escaped_.push_back(c);
  return escaped_;
}

// Leaves out spaces at the ends, and all but one of those that stand together; also U+2581 at the end.
std::string_view Encoder::without_extra_spaces(std::string_view fragment) {
  while (fragment.ends_with(' ') || fragment.ends_with(kSpace)) {
    fragment.remove_suffix(fragment.ends_with(' ') ? 1 : kSpace.size());
  }
  fragment.remove_prefix(std::min(fragment.find_first_not_of(' '), fragment.size()));
  trimmed_.clear();
  for (const char c : fragment) {
    if (c != ' ' || trimmed_.empty() || trimmed_.back() != ' ') trimmed_ += c;
  }
  return trimmed_;
}

bool Encoder::wants_prefix(std::string_view text, bool first) const {
  const bool has_one = text.starts_with(' ') || text.starts_with(kSpace);
  switch (prefix_) {
    case Prefix::kFragments:
      return true;
    case Prefix::kFragmentsUnless:
      return !has_one;
    case Prefix::kTextUnless:
      return first && !has_one && !start_removed_;
    case Prefix::kNone:
      break;
  }
  return false;
}

void Encoder::encode_fragment(std::string_view fragment, bool first, tokenizer::IdBuffer& out) {
  const std::string_view text = removes_spaces_ ? without_extra_spaces(fragment) : fragment;
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
      push_bytes(code == ' ' ? kSpace : piece.substr(at, length), &symbols_);
    }
  }
  return true;
}

bool Encoder::push_fallback(std::string_view character) {
  const auto has_token = [&](char c) { return tokenizer_.token_of(static_cast<unsigned char>(c)) >= 0; };
  if (!tokenizer_.byte_fallback() || !std::all_of(character.begin(), character.end(), has_token))
    return false;
  push_bytes(character, &symbols_);
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
    } else if (!push_fallback(code == ' ' ? kSpace : piece.substr(at, length))) {
      if (unknown < 0) dropped_ += length;
      if (waiting && !tokenizer_.fuse_unknown()) symbols_.push_back(unknown);
      waiting = unknown >= 0;
    }
  }
  if (waiting) symbols_.push_back(unknown);
}

void Encoder::push_bytes(std::string_view bytes, std::vector<std::int32_t>* ids) const {
  for (const char c : bytes) ids->push_back(tokenizer_.token_of(static_cast<unsigned char>(c)));
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
      push_bytes(tokenizer_.symbol_text(symbol), &expanded_);
    }
  }
  symbols_.swap(expanded_);
}

}  // namespace gistmill::spm
