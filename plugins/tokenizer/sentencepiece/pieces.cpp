#include "plugins/tokenizer/sentencepiece/pieces.hpp"

#include <algorithm>
#include <iterator>

namespace gistmill::sentencepiece {

Pieces::Pieces(const Vocabulary& vocabulary)
    : prefix_(vocabulary.prefix),
      text_normalizer_(vocabulary.text_normalizer),
      normalizer_(vocabulary.normalizer),
      remove_extra_whitespaces_(vocabulary.remove_extra_whitespaces),
      spaces_left_out_(vocabulary.spaces_left_out),
      decodes_bytes_(vocabulary.decodes_bytes),
      byte_fallback_(vocabulary.byte_fallback),
      unknown_(vocabulary.unknown),
      added_(added_sets(vocabulary)),
      added_ids_(vocabulary.tokens.size()),
      before_prefix_(vocabulary.tokens.size()) {
  const bool fragments = prefix_ == Prefix::kFragments || prefix_ == Prefix::kFragmentsUnless;
  for (const tokenizer::AddedToken& token : vocabulary.added) {
    const auto id = static_cast<std::size_t>(token.id);
    added_ids_[id] = true;
    // The normalizer puts it before what lies between plain tokens, whatever is found in that.
    before_prefix_[id] = fragments && !(token.normalized && normalizer_ == Normalizer::kPrependAndReplace);
  }
  byte_tokens_.fill(-1);
  for (std::size_t i = 0; i < vocabulary.tokens.size(); ++i) {
    const std::string_view piece = vocabulary.tokens[i];
    if (vocabulary.types[i] == PieceType::kByte) {
      add_byte(vocabulary, i);
    } else {
      const bool as_it_is = is_added(static_cast<std::int32_t>(i)) && !vocabulary.added_spaces;
      bytes_.add(as_it_is ? std::string(piece) : with_spaces(piece));
    }
  }
  knows_all_ =
      byte_fallback_ && std::find(byte_tokens_.begin(), byte_tokens_.end(), -1) == byte_tokens_.end();
  // It stands for characters too, and what follows these has no space of its own before it.
  if (!knows_all_ && unknown_ >= 0) before_prefix_[static_cast<std::size_t>(unknown_)] = false;
}

void Pieces::add_byte(const Vocabulary& vocabulary, std::size_t id) {
  const std::string_view piece = vocabulary.tokens[id];
  const int byte = byte_named(piece);
  if (byte < 0)
    vocabulary.fail("token " + std::to_string(id) + " is a byte token, but its text is " +
                    formats::printable(piece));
  byte_tokens_[static_cast<std::size_t>(byte)] = static_cast<std::int32_t>(id);
  bytes_.add(std::string(1, static_cast<char>(byte)));
}

bool Pieces::push_bytes(std::string_view text, std::vector<std::int32_t>* ids) const {
  const auto has_token = [&](char c) { return token_of(static_cast<unsigned char>(c)) >= 0; };
  if (!byte_fallback_ || !std::all_of(text.begin(), text.end(), has_token)) return false;
  for (const char c : text) ids->push_back(token_of(static_cast<unsigned char>(c)));
  return true;
}

bool Pieces::is_byte(std::int32_t id) const {
  const std::string_view bytes = bytes_of(id);
  return bytes.size() == 1 && token_of(static_cast<unsigned char>(bytes[0])) == id;
}

std::string Pieces::decode(const std::int32_t* ids, std::size_t count) const {
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

}  // namespace gistmill::sentencepiece
