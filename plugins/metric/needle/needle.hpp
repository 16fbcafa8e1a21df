// metric/needle: whether a model's most probable tokens are the answer. Needs no LibTorch.
#pragma once

#include <gistmill/plugin.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

#include "plugins/dataset/needle/cells.hpp"

namespace gistmill::metric {

class Needle {
 public:
  explicit Needle(const Options& options) : cells_(dataset::needle_cells(options.strings("cells"))) {}

  // ids i32[B, T], topk_ids i32[B, T, Q], the others [B] -> needle f32[B], needle_tokens f32[B],
  // needle_grid f32[B, M]
  std::tuple<Tensor, Tensor, Tensor> measure(const Tensor& ids, const Tensor& topk_ids, const Tensor& begins,
                                             const Tensor& ends, const Tensor& lengths,
                                             const Tensor& depths) const {
    const std::int64_t rows = ids.shape()[0];
    const auto columns = static_cast<std::int64_t>(cells_.size());
    std::vector<float> found, share;
    std::vector<float> grid(static_cast<std::size_t>(rows * columns),
                            std::numeric_limits<float>::quiet_NaN());
    for (std::int64_t row = 0; row < rows; ++row) {
      const float right =
          right_share(ids, topk_ids, row, begins.data<std::int32_t>()[row], ends.data<std::int32_t>()[row]);
      const std::size_t cell = column_of(lengths.data<std::int32_t>()[row], depths.data<float>()[row]);
      share.push_back(right);
      found.push_back(right == 1 ? 1.0f : 0.0f);
      grid[static_cast<std::size_t>(row * columns) + cell] = found.back();
    }
    return {Tensor::of(found, {rows}), Tensor::of(share, {rows}), Tensor::of(grid, {rows, columns})};
  }

 private:
  // Row t of the model predicts token t + 1.
  static float right_share(const Tensor& ids, const Tensor& topk_ids, std::int64_t row, std::int64_t begin,
                           std::int64_t end) {
    const std::int64_t length = ids.shape()[1];
    const std::int64_t width = topk_ids.shape()[2];
    if (begin < 1 || end <= begin || end > length) {
      throw Error(GM_ERROR_USER, "an answer is tokens " + std::to_string(begin) + " to " +
                                     std::to_string(end) + " of " + std::to_string(length));
    }
    std::int64_t right = 0;
    for (std::int64_t t = begin; t < end; ++t) {
      const std::int64_t before = row * length + t - 1;
      right += topk_ids.data<std::int32_t>()[before * width] == ids.data<std::int32_t>()[before + 1] ? 1 : 0;
    }
    return static_cast<float>(right) / static_cast<float>(end - begin);
  }

  std::size_t column_of(std::int32_t length, float depth) const {
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      if (cells_[i].length == length && static_cast<float>(cells_[i].depth) == depth) return i;
    }
    throw Error(GM_ERROR_USER,
                "a prompt has " + std::to_string(length) + " tokens and depth " + std::to_string(depth) +
                    ", which is none of the cells; give both components the same cells",
                "cells");
  }

  std::vector<dataset::NeedleCell> cells_;
};

}  // namespace gistmill::metric
