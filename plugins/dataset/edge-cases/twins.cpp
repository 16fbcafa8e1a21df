// Facts among the sentences of a passage. Each is stated, then some thirty words of the passage follow, then
// it is recalled: a span that holds the statement decides how well the recall is predicted.
#include <algorithm>
#include <array>

#include "plugins/dataset/edge-cases/variations.hpp"

namespace gistmill::dataset {
namespace {

constexpr std::size_t kBetweenFacts = 40;       // words of the passage from a recall to the next statement
constexpr std::size_t kLeastBeforeRecall = 28;  // more than 32 tokens with the words that lead to the recall
constexpr std::size_t kMostBeforeRecall = 40;   // with these and a span, less than 128 tokens

constexpr std::array<std::string_view, 8> kNumbered = {"house", "ticket", "cabin", "coach",
                                                       "safe",  "order",  "grave", "telephone"};
constexpr std::array<std::string_view, 8> kNamed = {"coachman", "cook",     "captain", "lawyer",
                                                    "nurse",    "gardener", "teacher", "dog"};
constexpr std::array<std::string_view, 8> kMade = {"box",  "gate", "ring", "table",
                                                   "bell", "cup",  "key",  "mask"};
constexpr std::array<std::string_view, 16> kNames = {
    "Edward", "Arthur", "Margaret", "Helen", "Samuel", "Clara", "Hugo",   "Alice",
    "Walter", "Ruth",   "Simon",    "Emma",  "Oscar",  "Nora",  "Victor", "Jane"};
constexpr std::array<std::string_view, 12> kMaterials = {"copper", "silver", "glass",  "oak",
                                                         "ivory",  "iron",   "marble", "leather",
                                                         "paper",  "gold",   "clay",   "bone"};

struct Fact {
  std::string statement;  // up to the value
  std::string recall;     // up to the value
  std::string value;
  std::string other;  // what the twin has instead
};

// Two different ones.
template <class List>
void choose(const List& list, Fact& fact, KeyedRandom& random) {
  const std::uint64_t first = random.below(list.size());
  const std::uint64_t second = (first + 1 + random.below(list.size() - 1)) % list.size();
  fact.value = list[first];
  fact.other = list[second];
}

Fact make_fact(std::uint64_t kind, std::uint64_t thing, KeyedRandom& random) {
  Fact fact;
  if (kind == 0) {
    const std::string what(kNumbered[thing]);
    fact.statement = "The number of the " + what + " was";
    fact.recall = "Later they asked for the number of the " + what + ". It was";
    const std::uint64_t first = random.below(9000);
    fact.value = std::to_string(1000 + first);
    fact.other = std::to_string(1000 + (first + 1 + random.below(8999)) % 9000);
  } else if (kind == 1) {
    const std::string who(kNamed[thing]);
    fact.statement = "The name of the " + who + " was";
    fact.recall = "Later they asked for the name of the " + who + ". It was";
    choose(kNames, fact, random);
  } else {
    const std::string what(kMade[thing]);
    fact.statement = "The " + what + " was made of";
    fact.recall = "Later they asked what the " + what + " was made of. It was";
    choose(kMaterials, fact, random);
  }
  return fact;
}

// The words of a passage one sentence after another.
class Sentences {
 public:
  explicit Sentences(const Passage& passage) : passage_(passage) {}

  bool over() const { return next_ == passage_.size(); }
  std::size_t next_size() const { return over() ? 0 : passage_[next_].words.size(); }
  const Sentence& take() { return passage_[next_++]; }

 private:
  const Passage& passage_;
  std::size_t next_ = 0;
};

// The same text for both twins, but for the values of the fact that is changed.
class TwinWriter {
 public:
  void sentence(const Sentence& sentence) {
    first_.sentence(sentence);
    second_.sentence(sentence);
  }
  void words(const std::vector<std::string>& words) {
    first_.words(words);
    second_.words(words);
  }
  void fact(const std::string& beginning, const Fact& fact, bool changed) {
    first_.words({beginning, fact.value + "."});
    second_.words({beginning, (changed ? fact.other : fact.value) + "."});
  }
  Twins take() { return {first_.take(), second_.take()}; }

 private:
  TextWriter first_;
  TextWriter second_;
};

void write_context(Sentences& sentences, TwinWriter& text) {
  for (std::size_t count = 0; count < kBetweenFacts && !sentences.over();) {
    count += sentences.next_size();
    text.sentence(sentences.take());
  }
}

// What stands between a statement and its recall, in one paragraph; a sentence that is too long breaks off.
void write_between(Sentences& sentences, TwinWriter& text) {
  for (std::size_t count = 0; count < kLeastBeforeRecall && !sentences.over();) {
    std::vector<std::string> words = sentences.take().words;
    if (count + words.size() > kMostBeforeRecall) {
      words.resize(kMostBeforeRecall - count);
      words.back() += " ...";
    }
    count += words.size();
    text.words(words);
  }
}

// As many facts as the passage has room for, each about another thing until all have had their turn.
std::vector<Fact> make_facts(const Passage& passage, KeyedRandom& random) {
  constexpr std::uint32_t kFacts = 24;  // of three kinds, eight each
  const std::size_t count =
      std::max<std::size_t>(count_words(passage) / (kBetweenFacts + kMostBeforeRecall), 1);
  const std::vector<std::uint32_t> order = random.permutation(kFacts);
  std::vector<Fact> facts;
  for (std::size_t i = 0; i < count; ++i)
    facts.push_back(make_fact(order[i % kFacts] / 8, order[i % kFacts] % 8, random));
  return facts;
}

}  // namespace

Twins twins(const Passage& passage, KeyedRandom& random) {
  const std::vector<Fact> facts = make_facts(passage, random);
  // One in the middle half, so that there is text before and behind it.
  const std::size_t quarter = facts.size() / 4;
  const std::size_t changed = quarter + random.below(std::max<std::size_t>(facts.size() - 2 * quarter, 1));
  Sentences sentences(passage);
  TwinWriter text;
  for (std::size_t i = 0; i < facts.size(); ++i) {
    write_context(sentences, text);
    text.fact(facts[i].statement, facts[i], i == changed);
    write_between(sentences, text);
    text.fact(facts[i].recall, facts[i], i == changed);
  }
  while (!sentences.over()) text.sentence(sentences.take());
  return text.take();
}

}  // namespace gistmill::dataset
