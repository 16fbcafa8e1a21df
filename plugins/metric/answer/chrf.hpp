// chrF2 (Popovic 2015, beta 2) of one text against another, bit for bit as sacrebleu's sentence_chrf with its
// defaults: n-grams of 1 to 6 characters without white space, the mean of precisions and of recalls over the
// orders that both texts have.
#pragma once

#include <string_view>

namespace gistmill::metric {

// In points of 100. What is not UTF-8 counts as U+FFFD.
double sentence_chrf(std::string_view prediction, std::string_view reference);

}  // namespace gistmill::metric
