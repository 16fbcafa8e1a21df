// Rows for tokens that a model's vocabulary does not have, and what goes with them into its folder.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>
#include <vector>

#include "plugins/teacher/decoder/files/model_plan.hpp"
#include "plugins/teacher/decoder/files/tokenizer_files.hpp"
#include "plugins/teacher/decoder/weights.hpp"

namespace gistmill::decoder {

struct NewTokens {
  std::vector<SpecialToken> tokens;
  at::Tensor vectors;  // f32[N, D], in the space of what embed gives
};

// texts: a JSON list, one for each row of `vectors` f32[N, D]. model: the file or folder that the model is
// read from, whose tokenizer gives the ids; vocabulary: rows of its table. Throws Error(GM_ERROR_USER): texts
// that are no such list, a tokenizer's file that cannot be read. given: the tokenizer of a model that has no
// files of one.
NewTokens new_tokens(const std::string& texts, const at::Tensor& vectors, const std::string& model,
                     const TokenizerFiles& given, std::int64_t vocabulary);

// Puts the vectors into the table of embeddings, which grows where an id lies behind it; a head with a table
// of its own grows by the mean of its rows. `plan` gets the new vocabulary.
void add_rows(const NewTokens& tokens, ModelPlan& plan, Weights& weights);

void write_tokens(const NewTokens& tokens, const std::filesystem::path& folder);

}  // namespace gistmill::decoder
