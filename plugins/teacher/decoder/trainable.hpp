// The weights of a model as parameters of a component, for training all of them.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "plugins/teacher/decoder/weights.hpp"

namespace gistmill::decoder {

// Calls `replace(name, tensor, decays)` for every weight, in a fixed order, and puts what it gives in the
// tensor's place: the embedding once, where it is the head too. decays: a matrix, not a norm or a bias. Names
// are those of TensorSource, with attn_qkv and ffn_gate_up where two or three lie in one matrix. What was
// derived from the values (stored and packed matrices) goes.
void replace_weights(
    Weights& weights,
    const std::function<at::Tensor(const std::string& name, const at::Tensor& tensor, bool decays)>& replace);

// Puts rows that train into the embedding, and into the head where it is the embedding.
void train_rows(Weights& weights, std::shared_ptr<const TrainedRows> rows);

}  // namespace gistmill::decoder
