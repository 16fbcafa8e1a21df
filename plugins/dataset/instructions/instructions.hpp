// dataset/instructions: batches for training, padded on the left, with the completion as target.
#pragma once

#include <string>
#include <string_view>
#include <tuple>

#include <gistmill/plugin.hpp>

#include "plugins/dataset/instructions/sample_order.hpp"

namespace gistmill::dataset {

class Instructions {
 public:
  // Throws Error(GM_ERROR_USER) with the option's key.
  explicit Instructions(const Options& options)
      : order_(options, static_cast<std::int32_t>(options.integer("end"))) {}

  void start(const Start& start) { order_.start(start); }
  std::string digest() const { return order_.digest(); }

  // ids i32[B, T], padding i32[B], gist_places i32[B, G], counts f32[B, T], sample i32[B],
  // instruction i32[B, M], instruction_lengths i32[B], behind f32[B, T].
  std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> next();

  std::string save_state() const { return order_.save_state(); }
  void load_state(std::string_view state) { order_.load_state(state); }

 private:
  SampleOrder order_;
};

}  // namespace gistmill::dataset
