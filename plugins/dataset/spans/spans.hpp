// dataset/spans: windows of prepared corpora with spans and their targets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <gistmill/plugin.hpp>

#include "plugins/dataset/spans/placement.hpp"
#include "plugins/dataset/spans/window_source.hpp"

namespace gistmill::dataset {

class Spans {
 public:
  // Throws Error(GM_ERROR_USER) with the option's key.
  explicit Spans(const Options& options);

  void start(const Start& start) { source_.start(start); }
  std::string digest() { return source_.digest(); }

  // tokens i32[T], spans i32[K] ascending, targets i32[K, H] (0 where mask is 0), mask f32[K, H], document
  // i32[], corpus i32[], span_tokens i32[K, S], begin i32[], name u8[M].
  std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> next(const Call& call);

  std::string save_state() const { return source_.save_state(); }
  void load_state(std::string_view state) { source_.load_state(state); }

 private:
  enum class Placement { random, fixed, even };

  std::vector<std::int32_t> place_spans(const Window& window, std::uint64_t key) const;

  SpanShape shape_;
  std::int32_t begin_;  // in place of a window's first token; -1: none
  Placement placement_;
  Starts starts_;
  WindowSource source_;
};

}  // namespace gistmill::dataset
