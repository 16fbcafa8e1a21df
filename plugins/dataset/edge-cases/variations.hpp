// What is made of a passage: documents that are hard to compress. Each is a function of the passage and of
// the random numbers alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <gistmill/random.hpp>

#include "plugins/dataset/edge-cases/passage.hpp"

namespace gistmill::dataset {

struct Variation {
  std::string suffix;  // of the document's name: "-noisy", "-twin-a"
  std::string text;
};

// Sentences that come two to four times, pairs of them that take turns, and phrases that are said again and
// again; about as long as the passage.
std::string repeated(const Passage& passage, KeyedRandom& random);

// share: of the words, that have a typing error, the wrong case, or stray punctuation.
std::string noisy(const Passage& passage, double share, KeyedRandom& random);

// Tables with a row of totals, dates so many days apart, and sums among the sentences; all are right.
std::string numbers(const Passage& passage, KeyedRandom& random);

// Two texts that state and recall facts among the sentences, and differ in one of them.
struct Twins {
  std::string first;
  std::string second;
};
Twins twins(const Passage& passage, KeyedRandom& random);

// Of a kind: "repeated", "noisy", "numbers", "twins"; two of twins. Throws Error(GM_ERROR_USER, "kinds") for
// another.
std::vector<Variation> variations(const std::string& kind, const Passage& passage, double noise,
                                  KeyedRandom& random);
void check_kinds(const std::vector<std::string>& kinds);  // throws as variations()

}  // namespace gistmill::dataset
