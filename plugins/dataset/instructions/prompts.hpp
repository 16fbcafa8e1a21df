// dataset/instruction-prompts: the prompts of the same samples, for generation, with the answers to compare.
#pragma once

#include <string>
#include <string_view>
#include <tuple>

#include <gistmill/plugin.hpp>

#include "plugins/dataset/instructions/sample_order.hpp"

namespace gistmill::dataset {

class InstructionPrompts {
 public:
  // Throws Error(GM_ERROR_USER) with the option's key.
  explicit InstructionPrompts(const Options& options) : order_(options, -1) {}

  void start(const Start& start) { order_.start(start); }
  std::string digest() const { return order_.digest(); }

  // prompt i32[B, P], padding i32[B], gist_places i32[B, G], reference_tokens i32[B, N],
  // reference_lengths i32[B], sample i32[B], instruction i32[B, M], instruction_lengths i32[B].
  std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> next();

  std::string save_state() const { return order_.save_state(); }
  void load_state(std::string_view state) { order_.load_state(state); }

 private:
  SampleOrder order_;
};

}  // namespace gistmill::dataset
