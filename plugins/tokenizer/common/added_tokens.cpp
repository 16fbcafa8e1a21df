// Search in a sorted list, byte by byte: no memory beyond the tokens, and no more looks a place than the
// longest token has bytes.
#include "plugins/tokenizer/common/added_tokens.hpp"

#include <algorithm>
#include <cstring>

#include "plugins/tokenizer/common/unicode.hpp"
#include "plugins/tokenizer/common/words.hpp"

namespace gistmill::tokenizer {

AddedTokens::AddedTokens(std::vector<AddedToken> tokens) : tokens_(std::move(tokens)) {
  std::erase_if(tokens_, [](const AddedToken& token) { return token.content.empty(); });
  std::sort(tokens_.begin(), tokens_.end(),
            [](const AddedToken& a, const AddedToken& b) { return a.content < b.content; });
  for (std::size_t c = 0; c <= 256; ++c) {
    const auto at = std::partition_point(tokens_.begin(), tokens_.end(), [&](const AddedToken& token) {
      return static_cast<unsigned char>(token.content[0]) < c;
    });
    first_[c] = static_cast<std::uint32_t>(at - tokens_.begin());
  }
  if (!tokens_.empty() && tokens_.front().content[0] == tokens_.back().content[0]) {
    only_first_byte_ = static_cast<unsigned char>(tokens_.front().content[0]);
  }
}

std::size_t AddedTokens::next_candidate(std::string_view text, std::size_t from) const {
  if (from >= text.size()) return text.size();
  if (only_first_byte_ >= 0) {
    const void* found = std::memchr(text.data() + from, only_first_byte_, text.size() - from);
    return found == nullptr ? text.size()
                            : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
  }
  for (; from < text.size(); ++from) {
    const auto byte = static_cast<unsigned char>(text[from]);
    if (first_[byte] != first_[byte + 1u]) break;
  }
  return from;
}

const AddedToken* AddedTokens::longest_at(std::string_view text, std::size_t at) const {
  const auto first = static_cast<unsigned char>(text[at]);
  auto low = tokens_.begin() + first_[first];
  auto high = tokens_.begin() + first_[first + 1u];
  const AddedToken* longest = nullptr;
  // [low, high) share their first `size` bytes with the text; the shortest of them comes first.
  for (std::size_t size = 1; low != high; ++size) {
    if (low->content.size() == size) longest = &*low++;
    if (at + size == text.size()) break;
    const auto byte = static_cast<unsigned char>(text[at + size]);
    const auto byte_of = [size](const AddedToken& token) {
      return static_cast<unsigned char>(token.content[size]);
    };
    low = std::partition_point(low, high, [&](const AddedToken& token) { return byte_of(token) < byte; });
    high = std::partition_point(low, high, [&](const AddedToken& token) { return byte_of(token) == byte; });
  }
  return longest;
}

AddedTokens::Match AddedTokens::find(std::string_view text, std::size_t from) const {
  if (tokens_.empty()) return {};
  for (std::size_t at = next_candidate(text, from); at < text.size(); at = next_candidate(text, at + 1)) {
    if (const AddedToken* token = longest_at(text, at)) return {at, at + token->content.size(), token};
  }
  return {};
}

bool AddedTokens::stands_alone(std::string_view text, const Match& match) {
  return !ends_with_word(text.substr(0, match.begin)) && !starts_with_word(text.substr(match.end));
}

// What was cut before `done` cannot be taken again. No white space is looked through twice, even where it is
// full of tokens.
AddedTokens::Match AddedTokens::with_space(std::string_view text, Match match, std::size_t done,
                                           std::size_t* space_end) {
  if (match.token->lstrip) {
    const std::size_t before = match.begin > done ? trailing_space(text.substr(done, match.begin - done)) : 0;
    match.begin = std::max(match.begin - before, done);
  }
  if (match.token->rstrip) {
    if (match.end > *space_end) *space_end = match.end + leading_space(text.substr(match.end));
    match.end = *space_end;
  }
  return match;
}

}  // namespace gistmill::tokenizer
