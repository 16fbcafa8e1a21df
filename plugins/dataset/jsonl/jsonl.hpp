// dataset/jsonl: documents of JSON lines, as an operation. The work is in lines.cpp.
#pragma once

#include <gistmill/plugin.hpp>

#include <string>
#include <string_view>
#include <tuple>

#include "plugins/dataset/jsonl/lines.hpp"

namespace gistmill::dataset {

class Jsonl {
 public:
  // Finds the files. Throws Error(GM_ERROR_USER) with the option's key.
  explicit Jsonl(const Options& options);

  std::string digest() { return lines_.digest(); }

  // text u8[B], name u8[M], split i32[]: one document a call, then EndOfData.
  std::tuple<Tensor, Tensor, Tensor> next();

  std::string save_state() const;
  void load_state(std::string_view state);

 private:
  Lines lines_;
};

}  // namespace gistmill::dataset
