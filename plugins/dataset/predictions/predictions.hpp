// dataset/predictions: texts that a model wrote, beside those that were expected, out of CSV files. Needs no
// LibTorch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <gistmill/plugin.hpp>

#include "plugins/dataset/common/files.hpp"

namespace gistmill::dataset {

class Predictions {
 public:
  // Finds the files. Throws Error(GM_ERROR_USER) with the option's key.
  explicit Predictions(const Options& options);

  // Reads all files, so that a mistake in any of them is found before the run.
  void start(const Start& start);

  // SHA-256 of names and contents.
  std::string digest() const;

  // prediction u8[B, M], reference u8[B, N], name u8[B, L], prompt i32[B]. The last batch of a pass may be
  // smaller; then EndOfData.
  std::tuple<Tensor, Tensor, Tensor, Tensor> next();

  std::string save_state() const;
  void load_state(std::string_view state);

 private:
  struct Row {
    std::string prediction;
    std::string reference;
    std::string name;
    std::int32_t prompt = 0;
  };
  class FileRows;

  std::string cleaned(const std::string& field) const;
  Tensor texts(std::size_t begin, std::size_t end, std::string Row::*text) const;

  std::string prediction_, reference_, prompt_;  // columns; prompt_ empty: none
  bool strip_;
  std::vector<std::string> remove_;
  std::size_t batch_;
  std::size_t longest_;
  std::vector<CorpusFile> files_;
  std::vector<Row> rows_;
  std::size_t position_ = 0;
};

}  // namespace gistmill::dataset
