// Tokens that are found in text as they are, before anything else is done to it: <|im_start|> and the like.
// The rules are those of Hugging Face's `tokenizers` (AddedVocabulary).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gistmill::tokenizer {

struct AddedToken {
  std::int32_t id = -1;
  std::string content;
  bool special = false;      // text where the caller wants no special tokens
  bool lstrip = false;       // takes the white space before it along
  bool rstrip = false;       // and after it
  bool normalized = false;   // is looked for in normalized text, in its own normal form
  bool single_word = false;  // is not found where a word goes on before or behind it
};

enum class SpecialTokens { kRecognize, kAsText };

// Finds the tokens of one set, leftmost first, the longest of those that start together.
class AddedTokens {
 public:
  AddedTokens() = default;
  // Tokens without content are never found.
  explicit AddedTokens(std::vector<AddedToken> tokens);

  bool empty() const { return tokens_.empty(); }

  // Calls on_text(from, to) for what lies between tokens, never empty, and on_token(id), in order.
  template <class OnText, class OnToken>
  void split(std::string_view text, SpecialTokens special, OnText&& on_text, OnToken&& on_token) const {
    std::size_t done = 0;
    std::size_t space_end = 0;  // of the white space that was last looked through
    for (Match match = find(text, 0); match.token != nullptr; match = find(text, match.end)) {
      if (special == SpecialTokens::kAsText && match.token->special) continue;
      if (match.token->single_word && !stands_alone(text, match)) continue;
      const Match cut = with_space(text, match, done, &space_end);
      if (done < cut.begin) on_text(done, cut.begin);
      on_token(match.token->id);
      done = cut.end;
    }
    if (done < text.size()) on_text(done, text.size());
  }

 private:
  struct Match {
    std::size_t begin = 0;
    std::size_t end = 0;
    const AddedToken* token = nullptr;
  };

  Match find(std::string_view text, std::size_t from) const;
  std::size_t next_candidate(std::string_view text, std::size_t from) const;
  const AddedToken* longest_at(std::string_view text, std::size_t at) const;
  static bool stands_alone(std::string_view text, const Match& match);
  static Match with_space(std::string_view text, Match match, std::size_t done, std::size_t* space_end);

  std::vector<AddedToken> tokens_;  // by content
  // tokens_[first_[c]] is the first that starts with byte c or a larger one.
  std::array<std::uint32_t, 257> first_{};
  int only_first_byte_ = -1;  // of all tokens, where it is the same: found by memchr
};

}  // namespace gistmill::tokenizer
