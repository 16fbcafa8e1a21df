// dataset/cached: batches of packed sequences with what a teacher said of them, from the file that store/topk
// made. Which sequences, and in which order, is as in dataset/packed (sequences.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include <gistmill/plugin.hpp>

#include "plugins/dataset/packed/sequences.hpp"
#include "plugins/store/topk/reader.hpp"

namespace gistmill::dataset {

class Cached {
 public:
  // Throws Error(GM_ERROR_USER) with the option's key.
  explicit Cached(const Options& options);

  void start(const Start& start);
  std::int64_t symbol(std::string_view name) const;
  std::string digest();

  // ids i32[B, T], counts f32[B, T], boundaries i32[B, T], sequence i32[B], document i32[B], topk_ids
  // i32[B, T, Q], topk_log_probability f32[B, T, Q], topk_temperature f32[].
  std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> next(
      const std::optional<Tensor>& tokenizer = {});

  std::string save_state() const { return sequences_.save_state(); }
  void load_state(std::string_view state) { sequences_.load_state(state); }

 private:
  bool next_in_cache(std::size_t& index, std::uint64_t& place);
  [[noreturn]] void refuse_missing(std::int32_t sequence) const;
  void check_cache(const Options& options) const;
  void count_missing() const;

  std::int64_t batch_;
  bool leave_out_;
  Sequences sequences_;
  topk::TopkReader cache_;
  std::int64_t tokens_;  // Q that is served
};

}  // namespace gistmill::dataset
