// What one full pass over a document leaves behind for everything that follows: the object decoder.context/1.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace gistmill::decoder {

// Immutable once read() has made it. Letters as in config.hpp.
struct Context {
  at::Tensor tokens;                    // i64[T]
  std::vector<at::Tensor> keys_values;  // a layer each, compute[T, 2 J E]: a token's keys (rotated), values
  std::vector<at::Tensor> queries;      // a layer each, compute[T, A E], rotated; empty: none are kept
  at::Tensor states;                    // f32[T, N, D]: after as many layers as the option says
  at::Tensor last_hidden;               // compute[T, D]: after the final norm

  std::int64_t length() const { return tokens.size(0); }
  std::uint64_t bytes() const;
};

}  // namespace gistmill::decoder
