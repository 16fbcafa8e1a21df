// What is kept of the one text that a model is reading on and on: a conversation, whose next token asks for
// all rows before it. Keys and values of its rows, and what the rows were, so that another text takes over
// those that both begin with. Not immutable, as ReadRows (continuation.hpp) is: a token more costs one row,
// no copy.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "plugins/teacher/decoder/batch.hpp"

namespace gistmill::decoder {

class Reading {
 public:
  // How many rows the text begins with that are kept: the same ids or vectors at the same positions. ids
  // integers[1, T]; positions i64[T]; the gist of the batch. All in main memory but the vectors.
  std::int64_t in_common(const Batch& text, const at::Tensor& positions) const;

  // Keeps the first `kept` rows and takes the others of `text` in their place, whose keys and values are then
  // written to rows [kept, T) of `layer()`. like: compute[n, 2 J E] on the device, for type and width; room:
  // rows that may be added behind.
  void take(const Batch& text, const at::Tensor& positions, std::int64_t kept, std::int64_t room,
            std::int64_t layers, const at::Tensor& like);
  void add(std::int64_t id, std::int64_t position);  // one more row, a token
  void clear();

  std::int64_t count() const { return static_cast<std::int64_t>(ids_.size()); }
  const at::Tensor& layer(std::size_t number) const { return keys_values_[number]; }  // compute[room, 2 J E]

 private:
  std::vector<std::int64_t> ids_;  // -1 - i: vector i
  std::vector<std::int64_t> positions_;
  at::Tensor vectors_;                   // f32[G, D]
  std::vector<at::Tensor> keys_values_;  // a layer each
};

}  // namespace gistmill::decoder
