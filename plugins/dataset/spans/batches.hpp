// dataset/windows: batches of windows of a prepared corpus, as language models are trained on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <gistmill/formats/token_file.hpp>
#include <gistmill/plugin.hpp>

#include "plugins/dataset/spans/windows.hpp"

namespace gistmill::dataset {

class Batches {
 public:
  // Opens the token file and looks at its documents. Throws Error(GM_ERROR_USER) with the option's key.
  explicit Batches(const Options& options);

  // Checks the whole file against its digest, and takes the seed of the order.
  void start(const Start& start);

  std::string digest() { return file_.digest(); }

  // ids i32[B, T], documents i32[B]. Without `repeat` the windows that fill no batch are left out.
  std::tuple<Tensor, Tensor> next();

  std::string save_state() const;
  void load_state(std::string_view state);

 private:
  std::string identity() const;  // of the windows: the file and how it is cut

  std::int64_t batch_;
  std::int64_t length_;
  formats::TokenFileReader file_;
  std::int32_t split_;
  std::vector<Window> windows_;
  WindowOrder order_;
};

}  // namespace gistmill::dataset
