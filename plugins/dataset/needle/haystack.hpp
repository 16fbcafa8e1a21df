// One needle-in-a-haystack prompt: packed text with sentences put into it, a question and its answer. Knows
// no files and no order.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "plugins/dataset/needle/phrase_tokens.hpp"

namespace gistmill::dataset {

// What is asked of one prompt.
struct NeedleTask {
  std::int64_t length = 0;   // tokens of the whole prompt with its answer
  double depth = 0;          // of the asked needle in the text: 0 its beginning, 1 its end
  std::int64_t needles = 1;  // in all; the others stand anywhere
  std::uint64_t key = 0;     // which text, subjects, numbers and places
  std::int32_t begin = -1;   // id in front of all; -1: none
};

struct NeedlePrompt {
  std::vector<std::int32_t> ids;  // task.length of them
  std::int64_t answer = 0;        // where the answer begins; it ends with the prompt
};

// `count` ids of the text, from a place that `key` chooses; it goes round at the end of all.
using Haystack = std::function<std::vector<std::int32_t>(std::uint64_t key, std::int64_t count)>;

// The same key gives the same text, subjects, numbers and other needles at every depth. Throws
// Error(GM_ERROR_USER, "cells") where the phrases leave no room for text; "needles" where there are more than
// subjects or numbers.
NeedlePrompt make_prompt(const NeedleTask& task, const PhraseTokens& phrases, const Haystack& haystack);

}  // namespace gistmill::dataset
