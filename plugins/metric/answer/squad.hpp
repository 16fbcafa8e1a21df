// Exact match and token F1 of short answers as the evaluation script of SQuAD 1.1 has them (Rajpurkar et al.
// 2016).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gistmill::metric {

// In lower case, without the punctuation of ASCII and without the words a, an and the; what is left, in
// words.
std::vector<std::string> normalized_words(std::string_view text);

struct AnswerScores {
  double exact = 0;  // 1 where all words are the same, in the same order
  double f1 = 0;     // of the words that both have, as often as both have them; 0 where there are none
};
AnswerScores squad_scores(std::string_view prediction, std::string_view reference);

}  // namespace gistmill::metric
