// dataset/text: the documents of text files, as an operation. The work is in corpus.cpp.
#pragma once

#include <gistmill/plugin.hpp>

#include <string>
#include <string_view>
#include <tuple>

#include "plugins/dataset/text/corpus.hpp"

namespace gistmill::dataset {

class Text {
 public:
  // Finds the files. Throws Error(GM_ERROR_USER) with the option's key.
  explicit Text(const Options& options);

  std::string digest() { return corpus_.digest(); }

  // text u8[B], name u8[M], split i32[]: one document a call, then EndOfData.
  std::tuple<Tensor, Tensor, Tensor> next();

  std::string save_state() const;
  void load_state(std::string_view state);

 private:
  Corpus corpus_;
};

}  // namespace gistmill::dataset
