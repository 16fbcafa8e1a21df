#include "plugins/dataset/focus/facts.hpp"

#include <algorithm>

#include <gistmill/formats/digest.hpp>
#include <gistmill/plugin/values.hpp>
#include <gistmill/random.hpp>

namespace gistmill::dataset {
namespace {

// The part of `phrase`, which stands at token `at`, that lies within [begin, begin + size).
void put_phrase(const PhraseTokens::Ids& phrase, std::int64_t at, std::int64_t begin, std::int64_t size,
                std::int32_t* ids) {
  const std::int64_t first = std::max(at, begin);
  const std::int64_t last = std::min(at + std::ssize(phrase), begin + size);
  for (std::int64_t i = first; i < last; ++i) ids[i - begin] = phrase[static_cast<std::size_t>(i - at)];
}

}  // namespace

BuiltFacts::BuiltFacts(const std::string& phrases, std::int64_t count, std::int64_t block, std::uint64_t seed)
    : phrases_(phrases), count_(count), block_(block), seed_(seed) {
  const auto numbers = static_cast<std::int64_t>(phrases_.numbers().size());
  if (count <= phrases_.subjects() && count <= numbers) return;
  throw Error(GM_ERROR_USER,
              "facts is " + std::to_string(count) + " when the phrases have " +
                  std::to_string(phrases_.subjects()) + " names and " + std::to_string(numbers) + " numbers",
              "facts");
}

const std::vector<Fact>& BuiltFacts::facts(std::int64_t document, std::int64_t length) const {
  const auto found = placed_.find(document);
  if (found != placed_.end()) return found->second;
  return placed_.emplace(document, placed(document, length)).first->second;
}

// Each half has as many equal slots as there are facts. A statement stands anywhere in a slot of the first
// half, in any order of the facts; an answer at the last block edge that leaves it room in its slot of the
// second.
std::vector<Fact> BuiltFacts::placed(std::int64_t document, std::int64_t length) const {
  KeyedRandom random(combined_key(seed_, static_cast<std::uint64_t>(document)));
  const std::vector<std::uint32_t> subjects =
      random.permutation(static_cast<std::uint32_t>(phrases_.subjects()));
  const std::vector<std::uint32_t> numbers =
      random.permutation(static_cast<std::uint32_t>(phrases_.numbers().size()));
  const std::vector<std::uint32_t> slots = random.permutation(static_cast<std::uint32_t>(count_));
  const std::int64_t slot = length / 2 / count_;
  std::vector<Fact> facts;
  for (std::int64_t i = 0; i < count_; ++i) {
    const auto at = static_cast<std::size_t>(i);
    Fact fact;
    fact.subject = static_cast<std::int32_t>(subjects[at]);
    fact.number = phrases_.numbers()[numbers[at]];
    const std::int64_t needle = std::ssize(phrases_.needle(fact.subject, fact.number));
    const std::int64_t question = std::ssize(phrases_.question(fact.subject));
    const std::int64_t answer = std::ssize(phrases_.answer(fact.number));
    const std::int64_t begin = length / 2 + i * slot;
    fact.answer = (begin + slot - answer) / block_ * block_;
    fact.question = fact.answer - question;
    fact.answer_end = fact.answer + answer;
    const std::int64_t room = slot - needle;
    if (room < 0 || fact.question < begin) {
      throw Error(GM_ERROR_USER,
                  "a session of " + std::to_string(length) + " tokens has no room for " +
                      std::to_string(count_) + " facts; take fewer, or longer sessions",
                  "facts");
    }
    fact.statement = static_cast<std::int64_t>(slots[at]) * slot +
                     static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(room) + 1));
    fact.statement_end = fact.statement + needle;
    facts.push_back(fact);
  }
  return facts;
}

void BuiltFacts::put(std::int64_t document, std::int64_t length, std::int64_t begin, std::int64_t size,
                     std::int32_t* ids) const {
  for (const Fact& fact : facts(document, length)) {
    put_phrase(phrases_.needle(fact.subject, fact.number), fact.statement, begin, size, ids);
    put_phrase(phrases_.question(fact.subject), fact.question, begin, size, ids);
    put_phrase(phrases_.answer(fact.number), fact.answer, begin, size, ids);
  }
}

std::string BuiltFacts::digest() const {
  formats::Sha256 sha;
  sha.update_field(phrases_.digest());
  for (const std::int64_t number : {count_, block_, static_cast<std::int64_t>(seed_)})
    sha.update_field(std::to_string(number));
  return sha.hex();
}

}  // namespace gistmill::dataset
