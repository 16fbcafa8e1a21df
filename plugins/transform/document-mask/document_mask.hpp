// transform/document-mask: which columns each row of packed sequences sees. B sequences, T columns. Knows no
// tokens.
#pragma once

#include <tuple>

#include <gistmill/plugin.hpp>

namespace gistmill::document_mask {

class DocumentMask {
 public:
  explicit DocumentMask(const Options&) {}

  // boundaries i32[B, T] -> mask u8[B, T, T], positions i32[B, T]. Throws Error(GM_ERROR_USER) with the
  // sequence and the column, counted from 1, of a boundary that is neither 0 nor 1.
  std::tuple<Tensor, Tensor> mask(const Tensor& boundaries) const;
};

}  // namespace gistmill::document_mask
