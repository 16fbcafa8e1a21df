// Words of a text that mean nothing unless they are exact: numbers, names, identifiers. A gist keeps the
// drift of a text, and such words seldom (requirement of gist stores, docs/gist-store.md). By their look
// alone, in any language that has capitals; no dictionary.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace gistmill::text {

struct ExactKinds {
  bool numbers = false;
  bool names = false;
  bool identifiers = false;

  bool any() const { return numbers || names || identifiers; }
};

// Bytes [begin, end) of a text.
struct ByteRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// The words of these kinds in the order of the text; they do not overlap. A word is a run of letters, digits
// and _.
//   numbers      begin with a digit, and go on over one of . , : / - between two digits: 1,024 2026-11-30
//   10km identifiers  have _, a digit or a capital behind a small letter: read_all sha256 getName names begin
//   with a capital, where no sentence begins; or are two capitals and more: Darcy, NATO
// A sentence begins with the text, behind an empty line, and behind . ! ? and what closes there; but not
// behind the dot of a capitalized word of three letters or fewer (Mr. Darcy). A word of one letter is no
// name.
std::vector<ByteRange> exact_words(std::string_view text, const ExactKinds& kinds);

}  // namespace gistmill::text
