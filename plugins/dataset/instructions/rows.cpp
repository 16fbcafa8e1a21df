#include "plugins/dataset/instructions/rows.hpp"

#include <algorithm>

namespace gistmill::dataset {
namespace {

using Rows = std::vector<std::vector<std::int32_t>>;

std::int64_t longest(const Rows& rows) {
  std::size_t width = 0;
  for (const auto& row : rows) width = std::max(width, row.size());
  return static_cast<std::int64_t>(width);
}

}  // namespace

PaddedRows pad_left(const Rows& rows) {
  const std::int64_t width = longest(rows);
  const auto count = static_cast<std::int64_t>(rows.size());
  PaddedRows result{Tensor::zeros<std::int32_t>({count, width}), Tensor::zeros<std::int32_t>({count})};
  std::int32_t* end = result.ids.mutable_data<std::int32_t>();
  for (std::int64_t i = 0; i < count; ++i) {
    const auto& row = rows[static_cast<std::size_t>(i)];
    std::copy_backward(row.begin(), row.end(), end += width);
    result.padding.mutable_data<std::int32_t>()[i] =
        static_cast<std::int32_t>(width - static_cast<std::int64_t>(row.size()));
  }
  return result;
}

FilledRows fill_right(const Rows& rows) {
  const std::int64_t width = longest(rows);
  const auto count = static_cast<std::int64_t>(rows.size());
  FilledRows result{Tensor::zeros<std::int32_t>({count, width}), Tensor::zeros<std::int32_t>({count})};
  for (std::int64_t i = 0; i < count; ++i) {
    const auto& row = rows[static_cast<std::size_t>(i)];
    std::copy(row.begin(), row.end(), result.ids.mutable_data<std::int32_t>() + i * width);
    result.lengths.mutable_data<std::int32_t>()[i] = static_cast<std::int32_t>(row.size());
  }
  return result;
}

Tensor gist_places(const std::vector<std::int64_t>& first, const Tensor& padding, std::int64_t gists) {
  const auto count = static_cast<std::int64_t>(first.size());
  Tensor places = Tensor::zeros<std::int32_t>({count, gists});
  for (std::int64_t row = 0; row < count; ++row) {
    const std::int64_t own = first[static_cast<std::size_t>(row)];
    for (std::int64_t i = 0; i < gists; ++i) {
      places.mutable_data<std::int32_t>()[row * gists + i] =
          own < 0 ? -1 : static_cast<std::int32_t>(padding.data<std::int32_t>()[row] + own + i);
    }
  }
  return places;
}

}  // namespace gistmill::dataset
