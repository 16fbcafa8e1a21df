// The object decoder.context/1 as named tensors and back, so that the host can keep it on disk. Knows no
// file.
#pragma once

#include <ATen/core/Tensor.h>

#include <gistmill/plugin/instance.hpp>
#include <memory>

#include "plugins/teacher/decoder/config.hpp"
#include "plugins/teacher/decoder/context.hpp"

namespace gistmill::decoder {

// What a model's contexts look like.
struct ContextForm {
  const Config& config;
  at::ScalarType dtype;   // the compute type
  std::int64_t recorded;  // N: states that are kept of each token
  bool queries = false;   // whether they are kept
};

// Shares memory with the context.
NamedTensors<at::Tensor> encode(const Context& context, const ContextForm& form);

// Shares memory with the tensors. They come from a file: throws Error (user) where one is missing or has
// another dtype or shape than a context of this form, or a token is not in the vocabulary.
std::shared_ptr<const Context> decode(const NamedTensors<at::Tensor>& tensors, const ContextForm& form);

}  // namespace gistmill::decoder
