// How likely the tokens that follow a text are, after the text as it is and after each of many edits of it.
// An edit takes some rows of the text out and puts others in, in one place; rows are tokens, or vectors that
// stand for tokens. Letters as in config.hpp; R rows of the text, B edits, P rows that all edits put in.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "plugins/teacher/decoder/batch.hpp"

namespace gistmill::decoder {

struct Continuation {
  at::Tensor tokens;          // integers[H], in main memory
  at::Tensor mask;            // f32[H], in main memory: 1 where a token counts, 0 where there is none
  std::int64_t position = 0;  // of the first of them
  // compute[H, D]: rows after the final norm whose distributions others are compared with; undefined: those
  // of the text as it is.
  at::Tensor reference = {};

  std::int64_t horizon() const { return tokens.size(0); }  // H
  std::int64_t counted() const;                            // of the tokens, up to the last that counts
  Continuation up_to(std::int64_t count) const;            // its first tokens
};

// What reading a text leaves behind: of another text that begins with the same rows, these need not be read
// again. The object decoder.rows/1; immutable once it is made. Empty: nothing was read.
struct ReadRows {
  at::Tensor embeddings;                // f32[R, D], where the model computes
  at::Tensor positions;                 // i64[R], in main memory
  std::vector<at::Tensor> keys_values;  // a layer each, compute[R, 2 J E]

  std::int64_t count() const { return positions.defined() ? positions.size(0) : 0; }  // R
  // How many rows both begin with: the same positions, and the same vectors to the last bit.
  std::int64_t in_common(const at::Tensor& embeddings, const at::Tensor& positions) const;
};

// All integers[B], in main memory.
struct Edits {
  at::Tensor first;    // row of the text at which an edit begins
  at::Tensor removed;  // how many rows it takes out
  at::Tensor added;    // how many rows of `rows` it puts in their place; each edit's follow the last one's
  Batch rows;          // one text of P rows: ids, positions, gist and gist_places

  std::int64_t count() const { return first.size(0); }
};

struct Followed {
  at::Tensor nll;                        // f32[], mean over the tokens that count
  at::Tensor rows;                       // compute[H, D], those that predict them, after the final norm
  std::shared_ptr<const ReadRows> read;  // of the text, without what follows it
  std::int64_t computed = 0;             // rows of the text that were not taken from an earlier one
};

// Means over the tokens that count, in nats a token; NaN where none does.
struct BranchScores {
  at::Tensor nll;       // f32[B], after each edit
  at::Tensor kl;        // f32[B]: KL(reference || after the edit)
  at::Tensor text_nll;  // f32[], after the text as it is
  at::Tensor text_kl;   // f32[], 0 without a reference
};

}  // namespace gistmill::decoder
