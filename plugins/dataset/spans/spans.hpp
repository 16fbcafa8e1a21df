// dataset/spans: windows of a prepared corpus with spans and their targets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <gistmill/formats/token_file.hpp>
#include <gistmill/plugin.hpp>

#include "plugins/dataset/spans/placement.hpp"
#include "plugins/dataset/spans/windows.hpp"

namespace gistmill::dataset {

class Spans {
 public:
  // Opens the token file and looks at its documents. Throws Error(GM_ERROR_USER) with the option's key.
  explicit Spans(const Options& options);

  // Checks the whole file against its digest, and takes the seed of the order.
  void start(const Start& start);

  std::string digest() { return file_.digest(); }

  // tokens i32[T], spans i32[K] ascending, targets i32[K, H] (0 where mask is 0), mask f32[K, H], document
  // i32[].
  std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor> next(const Call& call);

  std::string save_state() const;
  void load_state(std::string_view state);

 private:
  enum class Placement { random, fixed, even };

  std::vector<std::int32_t> place_spans(const Window& window, std::uint64_t key) const;
  std::string identity() const;  // of the windows: the file and how it is cut

  SpanShape shape_;
  Placement placement_;
  Starts starts_;
  formats::TokenFileReader file_;
  std::int32_t split_;
  std::vector<Window> windows_;
  WindowOrder order_;
  std::int64_t passes_;
};

}  // namespace gistmill::dataset
