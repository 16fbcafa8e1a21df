// dataset/packed: batches of packed sequences.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include <gistmill/plugin.hpp>

#include "plugins/dataset/packed/sequences.hpp"

namespace gistmill::dataset {

class Packed {
 public:
  // Throws Error(GM_ERROR_USER) with the option's key.
  explicit Packed(const Options& options);

  void start(const Start& start) { sequences_.start(start); }
  std::int64_t symbol(std::string_view name) const { return name == "T" ? sequences_.length() : -1; }
  std::string digest() { return sequences_.digest(); }

  // tokenizer u8[H], the digest of the recipe's: throws Error(GM_ERROR_USER, "tokenizer") where the data were
  // packed with another. ids i32[B, T], counts f32[B, T], boundaries i32[B, T], sequence i32[B], document
  // i32[B]. Without `repeat` the sequences that fill no batch are left out.
  std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor> next(const std::optional<Tensor>& tokenizer = {});

  std::string save_state() const { return sequences_.save_state(); }
  void load_state(std::string_view state) { sequences_.load_state(state); }

 private:
  std::int64_t batch_;
  Sequences sequences_;
};

}  // namespace gistmill::dataset
