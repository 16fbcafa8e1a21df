// How the tokens of a sample stand in a row: text, gist tokens, text, completion. Knows no files and no
// batches.
#pragma once

#include <cstdint>
#include <vector>

namespace gistmill::dataset {

struct LayoutRules {
  std::int64_t gist_tokens = 1;
  std::int64_t max_length = 512;  // tokens of a row
  std::int64_t truncate = -1;     // tokens of the instruction that stand in place of text and gist; -1: all
  std::int32_t begin = -1;        // id in front of all; -1: none
  std::int32_t end = -1;          // id behind the completion; -1: none
};

// How long the pieces of a sample are, in tokens.
struct PieceLengths {
  std::int64_t before = 0;
  std::int64_t instruction = 0;
  std::int64_t after = 0;
  std::int64_t completion = 0;
};

// Where everything stands in a row; all in columns without padding.
struct SampleLayout {
  std::int64_t gist = -1;       // the first gist token; -1: none. The others follow it
  std::int64_t completion = 0;  // its first token: the length of the prompt
  std::int64_t length = 0;      // of the row, cut at max_length
  std::int64_t cut = 0;         // tokens that were cut off at the end of the completion
  std::int64_t kept = 0;        // truncate: tokens of the instruction that are there

  bool fits() const { return completion < length; }  // some of the completion is left
};

// As the paper's code cuts: from the right, so the completion loses its end first.
SampleLayout layout_of(const LayoutRules& rules, const PieceLengths& lengths);

// The row's ids: 0 at gist tokens. Pieces are those whose lengths `layout` was made of.
std::vector<std::int32_t> row_of(const LayoutRules& rules, const SampleLayout& layout,
                                 const std::vector<std::int32_t>& before,
                                 const std::vector<std::int32_t>& instruction,
                                 const std::vector<std::int32_t>& after,
                                 const std::vector<std::int32_t>& completion);

}  // namespace gistmill::dataset
