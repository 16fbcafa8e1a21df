// The steps stand in the order of the paper. In each, the first suffix that fits decides: where its condition
// does not hold, no other is tried.
#include "plugins/metric/rouge/porter.hpp"

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace gistmill::metric {
namespace {

bool is_vowel_letter(char c) { return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u'; }

// Walks through a word and says of each letter whether it is a consonant: y is one where none stands before
// it.
class Consonants {
 public:
  bool next(char c) {
    last_ = !is_vowel_letter(c) && (c != 'y' || !last_);
    return last_;
  }

 private:
  bool last_ = false;  // before the word: so that y at its beginning is a consonant
};

// m of [C](VC)^m[V].
int measure(std::string_view stem) {
  Consonants consonants;
  int count = 0;
  bool after_vowel = false;
  for (const char c : stem) {
    const bool consonant = consonants.next(c);
    if (consonant && after_vowel) ++count;
    after_vowel = !consonant;
  }
  return count;
}

bool contains_vowel(std::string_view stem) {
  Consonants consonants;
  for (const char c : stem) {
    if (!consonants.next(c)) return true;
  }
  return false;
}

bool is_consonant(std::string_view word, std::size_t place) {
  Consonants consonants;
  for (std::size_t i = 0; i < place; ++i) consonants.next(word[i]);
  return consonants.next(word[place]);
}

bool ends_with_double_consonant(std::string_view word) {
  const std::size_t size = word.size();
  return size >= 2 && word[size - 1] == word[size - 2] && is_consonant(word, size - 1);
}

// *o of the paper: consonant, vowel, consonant, the last of them not w, x or y; or, of NLTK, a word of vowel
// and consonant.
bool ends_short(std::string_view word) {
  const std::size_t size = word.size();
  if (size == 2) return !is_consonant(word, 0) && is_consonant(word, 1);
  if (size < 3) return false;
  const char last = word.back();
  return last != 'w' && last != 'x' && last != 'y' && is_consonant(word, size - 3) &&
         !is_consonant(word, size - 2) && is_consonant(word, size - 1);
}

std::string_view without(std::string_view word, std::size_t letters) {
  return word.substr(0, word.size() - letters);
}

void replace(std::string& word, std::size_t letters, std::string_view by) {
  word.resize(word.size() - letters);
  word += by;
}

struct Rule {
  std::string_view suffix;
  std::string_view by;
};

// The first rule whose suffix the word has; null: none.
const Rule* first_rule(std::string_view word, std::span<const Rule> rules) {
  for (const Rule& rule : rules) {
    if (word.back() == rule.suffix.back() && word.ends_with(rule.suffix)) return &rule;
  }
  return nullptr;
}

// Applies it where what is left has a measure above `least`.
void apply_first(std::string& word, std::span<const Rule> rules, int least) {
  const Rule* rule = first_rule(word, rules);
  if (rule != nullptr && measure(without(word, rule->suffix.size())) > least)
    replace(word, rule->suffix.size(), rule->by);
}

// Plurals.
void step_1a(std::string& word) {
  if (!word.ends_with('s')) return;
  if (word.ends_with("ies")) {
    replace(word, 3, word.size() == 4 ? "ie" : "i");
  } else if (word.ends_with("sses")) {
    replace(word, 2, "");
  } else if (!word.ends_with("ss")) {
    word.pop_back();
  }
}

// What follows where -ed or -ing was taken away.
void repair_after_1b(std::string& word) {
  const char last = word.back();
  const bool cut = word.ends_with("at") || word.ends_with("bl") || word.ends_with("iz");
  if (!cut && ends_with_double_consonant(word)) {
    if (last != 'l' && last != 's' && last != 'z') word.pop_back();
  } else if (cut || (measure(word) == 1 && ends_short(word))) {
    word += 'e';
  }
}

// -ed and -ing.
void step_1b(std::string& word) {
  if (word.ends_with("ied")) return replace(word, 3, word.size() == 4 ? "ie" : "i");
  if (word.ends_with("eed")) {
    if (measure(without(word, 3)) > 0) word.pop_back();
    return;
  }
  const std::size_t letters = word.ends_with("ed") ? 2 : word.ends_with("ing") ? 3 : 0;
  if (letters == 0 || !contains_vowel(without(word, letters))) return;
  replace(word, letters, "");
  repair_after_1b(word);
}

void step_1c(std::string& word) {
  if (word.ends_with('y') && word.size() > 2 && is_consonant(word, word.size() - 2)) word.back() = 'i';
}

void step_2(std::string& word) {
  static constexpr std::array<Rule, 22> kRules = {
      {{"ational", "ate"}, {"tional", "tion"}, {"enci", "ence"}, {"anci", "ance"}, {"izer", "ize"},
       {"bli", "ble"},     {"alli", "al"},     {"entli", "ent"}, {"eli", "e"},     {"ousli", "ous"},
       {"ization", "ize"}, {"ation", "ate"},   {"ator", "ate"},  {"alism", "al"},  {"iveness", "ive"},
       {"fulness", "ful"}, {"ousness", "ous"}, {"aliti", "al"},  {"iviti", "ive"}, {"biliti", "ble"},
       {"fulli", "ful"},   {"logi", "log"}}};
  // -alli comes first, and what it leaves goes through the step again.
  while (word.ends_with("alli") && measure(without(word, 4)) > 0) replace(word, 4, "al");
  const Rule* rule = first_rule(word, kRules);
  if (rule == nullptr) return;
  // The l of -logi counts as part of the stem: "geologi" becomes "geolog".
  const std::size_t counted = rule->suffix == "logi" ? 3 : rule->suffix.size();
  if (measure(without(word, counted)) > 0) replace(word, rule->suffix.size(), rule->by);
}

void step_3(std::string& word) {
  static constexpr std::array<Rule, 7> kRules = {{{"icate", "ic"},
                                                  {"ative", ""},
                                                  {"alize", "al"},
                                                  {"iciti", "ic"},
                                                  {"ical", "ic"},
                                                  {"ful", ""},
                                                  {"ness", ""}}};
  apply_first(word, kRules, 0);
}

void step_4(std::string& word) {
  static constexpr std::array<Rule, 19> kRules = {{{"al", ""},
                                                   {"ance", ""},
                                                   {"ence", ""},
                                                   {"er", ""},
                                                   {"ic", ""},
                                                   {"able", ""},
                                                   {"ible", ""},
                                                   {"ant", ""},
                                                   {"ement", ""},
                                                   {"ment", ""},
                                                   {"ent", ""},
                                                   {"ion", ""},
                                                   {"ou", ""},
                                                   {"ism", ""},
                                                   {"ate", ""},
                                                   {"iti", ""},
                                                   {"ous", ""},
                                                   {"ive", ""},
                                                   {"ize", ""}}};
  const Rule* rule = first_rule(word, kRules);
  if (rule == nullptr) return;
  const std::string_view stem = without(word, rule->suffix.size());
  if (measure(stem) <= 1) return;
  if (rule->suffix == "ion" && stem.back() != 's' && stem.back() != 't') return;
  replace(word, rule->suffix.size(), "");
}

void step_5(std::string& word) {
  if (word.ends_with('e')) {
    const std::string_view stem = without(word, 1);
    const int m = measure(stem);
    if (m > 1 || (m == 1 && !ends_short(stem))) word.pop_back();
  }
  if (word.ends_with("ll") && measure(without(word, 1)) > 1) word.pop_back();
}

// Words that the steps would take apart wrongly; empty: none of them.
std::string_view irregular(std::string_view word) {
  static constexpr std::array<Rule, 16> kWords = {{{"sky", "sky"},
                                                   {"skies", "sky"},
                                                   {"dying", "die"},
                                                   {"lying", "lie"},
                                                   {"tying", "tie"},
                                                   {"news", "news"},
                                                   {"innings", "inning"},
                                                   {"inning", "inning"},
                                                   {"outings", "outing"},
                                                   {"outing", "outing"},
                                                   {"cannings", "canning"},
                                                   {"canning", "canning"},
                                                   {"howe", "howe"},
                                                   {"proceed", "proceed"},
                                                   {"exceed", "exceed"},
                                                   {"succeed", "succeed"}}};
  for (const Rule& form : kWords) {
    if (form.suffix == word) return form.by;
  }
  return {};
}

}  // namespace

void stem_in_place(std::string& word) {
  if (const std::string_view form = irregular(word); !form.empty()) {
    word = std::string(form);
    return;
  }
  step_1a(word);
  step_1b(word);
  step_1c(word);
  step_2(word);
  step_3(word);
  step_4(word);
  step_5(word);
}

}  // namespace gistmill::metric
