// Which tokens of a document stay as they are beside its gists: those of its numbers, names and identifiers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gistmill/text/exact_words.hpp>

#include "host/instance/instance.hpp"

namespace gistmill {

// Of a list such as "names,numbers". Throws Failure (ExitCode::usage) for anything else than numbers, names
// and identifiers.
text::ExactKinds exact_kinds(std::string_view list);
// The same list in one order, for stores: "numbers, names"; "" for none.
std::string to_text(const text::ExactKinds& kinds);

class KeptWords {
 public:
  // tokenizer: started; asked for the bytes of its tokens, once. Throws Failure where it does not tell them.
  KeptWords(const Instance& tokenizer, const text::ExactKinds& kinds);

  // 1 for each token that shares a byte with a word of these kinds, in what the tokens say together.
  std::vector<std::uint8_t> of(const std::vector<std::int32_t>& tokens) const;

 private:
  std::string_view bytes_of(std::int32_t token) const;

  text::ExactKinds kinds_;
  std::string bytes_;               // of all tokens
  std::vector<std::int32_t> ends_;  // of each token in these
};

}  // namespace gistmill
