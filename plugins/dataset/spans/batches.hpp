// dataset/windows: batches of windows of prepared corpora, as language models are trained on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>

#include <gistmill/plugin.hpp>

#include "plugins/dataset/spans/window_source.hpp"

namespace gistmill::dataset {

class Batches {
 public:
  // Throws Error(GM_ERROR_USER) with the option's key.
  explicit Batches(const Options& options);

  void start(const Start& start) { source_.start(start); }
  std::string digest() { return source_.digest(); }

  // ids i32[B, T], documents i32[B], corpora i32[B]. Without `repeat` the windows that fill no batch are left
  // out.
  std::tuple<Tensor, Tensor, Tensor> next();

  std::string save_state() const { return source_.save_state(); }
  void load_state(std::string_view state) { source_.load_state(state); }

 private:
  std::int64_t batch_;
  WindowSource source_;
};

}  // namespace gistmill::dataset
