// dataset/twins: pairs of windows as an operation.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <gistmill/formats/token_file.hpp>
#include <gistmill/plugin.hpp>

#include "plugins/dataset/spans/mixture.hpp"
#include "plugins/dataset/twins/pairs.hpp"

namespace gistmill::dataset {

class TwinWindows {
 public:
  // Throws Error(GM_ERROR_USER) with the option's key.
  explicit TwinWindows(const Options& options);

  void start(const Start& start);
  std::string digest() { return file_.digest(); }

  // tokens, twin_tokens i32[T], spans i32[K], targets i32[K, H], mask, recall f32[K, H], document i32[],
  // span_tokens i32[K, S].
  std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> next();

  std::string save_state() const { return order_.save(identity()); }
  void load_state(std::string_view state) { order_.load(state, identity()); }

 private:
  Tensor window(const Pair& pair, std::size_t which) const;  // i32[T]: 0 of the first text, 1 of the second
  std::string identity() const;                              // of the pairs: the file and how they are cut

  PairShape shape_;
  formats::TokenFileReader file_;
  std::vector<Pair> pairs_;
  MixedOrder order_;  // of twice the pairs: each text is once the own one
};

}  // namespace gistmill::dataset
