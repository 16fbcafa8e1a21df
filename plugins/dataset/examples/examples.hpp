// dataset/examples: what store/examples prepared, as a source of blocks with the teacher's states.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>

#include <gistmill/plugin.hpp>

#include "plugins/dataset/spans/mixture.hpp"
#include "plugins/store/examples/reader.hpp"

namespace gistmill::dataset {

class Examples {
 public:
  // Throws Error(GM_ERROR_USER) with the option's key.
  explicit Examples(const Options& options);

  void start(const Start& start);
  std::int64_t symbol(std::string_view name) const;
  std::string digest() { return file_.digest(); }

  // tokens i32[K W], spans i32[K], targets i32[K, H], mask f32[K, H], states f32[K, S, 1, D], document
  // i32[K], begin i32[K], name u8[K, M]; W is a window's length.
  std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> next();

  std::string save_state() const { return order_.save(identity()); }
  void load_state(std::string_view state) { order_.load(state, identity()); }

 private:
  std::string identity() const;
  Tensor names_of(const std::int32_t* documents) const;

  examples::ExampleFileReader file_;
  std::size_t split_;
  std::int64_t spans_;
  MixedOrder order_;
};

}  // namespace gistmill::dataset
