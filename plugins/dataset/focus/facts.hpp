// Facts that are built into documents, with known truth: each is stated in the first half of a session and
// asked for in the second, so that one knows which span a model needs, and when. Phrases come from
// dataset/needle-phrases: a magic number, a function and its call, whatever its templates say.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "plugins/dataset/needle/phrase_tokens.hpp"

namespace gistmill::dataset {

// Tokens [statement, statement_end) say what the answer, from the block edge `answer` on, needs. The question
// ends with `answer`.
struct Fact {
  std::int64_t statement = 0;
  std::int64_t statement_end = 0;
  std::int64_t question = 0;
  std::int64_t answer = 0;
  std::int64_t answer_end = 0;
  std::int32_t subject = 0;
  std::int32_t number = 0;
};

class BuiltFacts {
 public:
  // `count` facts a document; block: K. Throws FormatError; Error(GM_ERROR_USER, "facts"): more than the
  // phrases have subjects or numbers.
  BuiltFacts(const std::string& phrases, std::int64_t count, std::int64_t block, std::uint64_t seed);

  // The facts of a document of `length` tokens, by what is asked first. The document's number, the length and
  // the seed decide. Throws Error(GM_ERROR_USER, "facts"): they do not fit.
  const std::vector<Fact>& facts(std::int64_t document, std::int64_t length) const;

  // Puts them over `size` tokens of the document that begin with token `begin`.
  void put(std::int64_t document, std::int64_t length, std::int64_t begin, std::int64_t size,
           std::int32_t* ids) const;

  std::string digest() const;

 private:
  std::vector<Fact> placed(std::int64_t document, std::int64_t length) const;

  PhraseTokens phrases_;
  std::int64_t count_;
  std::int64_t block_;
  std::uint64_t seed_;
  mutable std::map<std::int64_t, std::vector<Fact>> placed_;  // [document]
};

}  // namespace gistmill::dataset
