// Porter's algorithm for suffix stripping (Program 14, 1980) in the extended form of NLTK's PorterStemmer,
// which rouge_score uses: irregular words, endings -ies and -ied of short words, -y after a consonant, and
// step 2 with -bli, -alli, -fulli and -logi.
#pragma once

#include <string>

namespace gistmill::metric {

// word: letters a to z and digits, at least three of them. Becomes its stem.
void stem_in_place(std::string& word);

}  // namespace gistmill::metric
