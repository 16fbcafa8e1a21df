// Building a tokenizer from its vocabulary, and encoding with it.
#include "plugins/tokenizer/unigram/unigram.hpp"

#include <algorithm>

#include "plugins/tokenizer/common/unicode.hpp"

namespace gistmill::unigram {
namespace {

using sentencepiece::kSpace;
using sentencepiece::WordSplit;

// A character of ASCII that is no white space, without a look into a table.
bool is_printed(char c) { return c > ' ' && c < 0x7F; }

// Where the next piece of text that is cut before its spaces starts.
std::size_t next_space(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == ' ' || (text[at] == kSpace[0] && text.substr(at, kSpace.size()) == kSpace)) break;
  }
  return std::min(at, text.size());
}

}  // namespace

Tokenizer::Tokenizer(const Vocabulary& vocabulary)
    : Pieces(vocabulary),
      library_(vocabulary.library),
      words_apart_(vocabulary.words_apart),
      word_split_(vocabulary.word_split),
      pieces_(vocabulary),
      no_merges_(0) {
  index_of(vocabulary);  // for its complaint
}

Encoder::Encoder(const Tokenizer& tokenizer)
    : sentencepiece::Encoder(tokenizer, tokenizer.no_merges()),
      tokenizer_(tokenizer),
      spaces_are_white_(tokenizer.word_split() == WordSplit::kBefore &&
                        tokenizer.normalizer() == sentencepiece::Normalizer::kIdentity) {}

void Encoder::encode_fragment(std::string_view fragment, bool first, tokenizer::IdBuffer& out) {
  std::string_view text = trimmed(fragment);
  if (text.empty()) return;
  if (tokenizer_.word_split() == WordSplit::kBefore) return encode_words(text, first, out);
  if (wants_prefix(text, first)) text = prefixed_.assign(" ").append(text);
  encode_split(text, text.data() + text.size(), out);
}

// The end of white space that starts at `at`; `at` where none does.
std::size_t Encoder::space_end(std::string_view text, std::size_t at) const {
  while (at < text.size()) {
    if (is_printed(text[at])) break;
    const tokenizer::Character character = tokenizer::character_at(text, at);
    if (character.type != tokenizer::CharacterClass::kSpace || (text[at] == ' ' && !spaces_are_white_)) break;
    at += character.size;
  }
  return at;
}

// Words are copied where they have no space before them already: they stay until the fragment is done.
void Encoder::encode_words(std::string_view text, bool first, tokenizer::IdBuffer& out) {
  prefixed_.clear();
  prefixed_.reserve(2 * text.size() + 1);
  for (std::size_t at = space_end(text, 0), end = 0; at < text.size(); at = space_end(text, end)) {
    end = at;
    while (end < text.size() && space_end(text, end) == end)
      end += is_printed(text[end]) ? 1 : tokenizer::character_at(text, end).size;
    const std::string_view word = text.substr(at, end - at);
    if (!wants_prefix(word, first && at == 0)) {
      encode_split(word, text.data() + text.size(), out);
    } else if (at > 0 && text[at - 1] == ' ') {
      encode_split(text.substr(at - 1, end - at + 1), text.data() + text.size(), out);
    } else {
      const std::size_t start = prefixed_.size();
      prefixed_.append(" ").append(word);
      encode_split(std::string_view(prefixed_).substr(start), prefixed_.data() + prefixed_.size(), out);
    }
  }
}

void Encoder::encode_split(std::string_view text, const char* readable_end, tokenizer::IdBuffer& out) {
  const bool splits = tokenizer_.word_split() == WordSplit::kBehind;
  for (std::size_t at = 0, end = 0; at < text.size(); at = end) {
    end = tokenizer_.words_apart() ? next_space(text, at) : text.size();
    for (std::size_t start = at; start < end;) {
      if (splits && (start = space_end(text, start)) >= end) break;
      std::size_t stop = splits ? start : end;
      while (stop < end && space_end(text, stop) == stop) stop += tokenizer::character_at(text, stop).size;
      encode_piece(text.substr(start, stop - start), readable_end, out);
      start = stop;
    }
  }
}

// What fallback and fusing make of unknown characters that stand together. A run that happens to be a piece
// is that piece, as in `tokenizers`.
void Encoder::push_unknown(std::string_view text) {
  if (tokenizer_.library() == Library::kTokenizers) {
    if (const std::int32_t id = tokenizer_.pieces().trie.find(text); id >= 0) return symbols_.push_back(id);
  }
  const bool escapes = text.find(' ') != std::string_view::npos;
  const std::string escaped = escapes ? sentencepiece::with_escaped_spaces(text) : std::string();
  if (!tokenizer_.push_bytes(escapes ? escaped : text, &symbols_)) symbols_.push_back(tokenizer_.unknown());
}

bool Encoder::start_piece(std::string_view piece) {
  symbols_.clear();
  if (piece.find(kSpace) != std::string_view::npos) piece = spaced_ = sentencepiece::with_spaces(piece);
  const auto is_unknown = [&](std::int32_t id) {
    return id < 0 || (id == tokenizer_.unknown() && tokenizer_.library() == Library::kTokenizers);
  };
  std::size_t unknown = piece.size();  // where a run of unknown characters starts
  for (const Segment& segment : path_.find(tokenizer_.pieces(), piece)) {
    if (is_unknown(segment.id)) {
      unknown = std::min(unknown, segment.begin);
      continue;
    }
    if (unknown < segment.begin) push_unknown(piece.substr(unknown, segment.begin - unknown));
    unknown = piece.size();
    symbols_.push_back(segment.id);
  }
  if (unknown < piece.size()) push_unknown(piece.substr(unknown));
  // Nothing merges. A short piece goes the way of those that could, so as to be segmented once.
  return symbols_.size() <= tokenizer::Merger::kMostOfBatch;
}

}  // namespace gistmill::unigram
