#include "plugins/transform/gist-mask/gist_mask.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace gistmill::gist_mask {
namespace {

Control control_of(const std::string& text) {
  if (text == "gist") return Control::gist;
  if (text == "negative") return Control::negative;
  if (text == "positive") return Control::positive;
  return text == "vectors" ? Control::vectors : Control::entries;
}

[[noreturn]] void refuse(std::int64_t row, const std::string& message) {
  throw Error(GM_ERROR_USER, "row " + std::to_string(row + 1) + " of the batch " + message);
}

std::int32_t checked_padding(std::int64_t row, std::int32_t padding, std::int64_t width) {
  if (padding >= 0 && padding <= width) return padding;
  refuse(row, "has " + std::to_string(padding) + " columns of padding when it has " + std::to_string(width) +
                  " columns");
}

// places: [count], of one row.
Layout layout_of(std::int64_t row, std::int32_t padding, const std::int32_t* places, std::int64_t count,
                 std::int64_t width) {
  const auto missing = std::count(places, places + count, -1);
  if (missing == count) return {padding, -1, -1};
  if (missing > 0) {
    refuse(row, "has " + std::to_string(count - missing) + " gist tokens when it should have " +
                    std::to_string(count) + ", as the others, or none: -1 in all places");
  }
  for (std::int64_t i = 0; i < count; ++i) {
    if (places[i] < padding || places[i] >= width) {
      refuse(row, "has a gist token in column " + std::to_string(places[i]) +
                      " when its text is in columns " + std::to_string(padding) + " to " +
                      std::to_string(width - 1));
    }
    if (i > 0 && places[i] <= places[i - 1]) {
      refuse(row, "has gist tokens in columns " + std::to_string(places[i - 1]) + " and " +
                      std::to_string(places[i]) + ", which should ascend");
    }
  }
  return {padding, places[0], places[count - 1], static_cast<std::int32_t>(count)};
}

}  // namespace

std::int32_t first_seen(Control control, const Layout& layout, std::int32_t column) {
  if (layout.first < 0 || control == Control::positive) return layout.padding;
  if (column > layout.last && control == Control::entries)
    return std::max(layout.padding, layout.first - layout.count);
  if (column > layout.last) return control == Control::negative ? layout.last + 1 : layout.first;
  return control == Control::vectors && column >= layout.first ? layout.first : layout.padding;
}

GistMask::GistMask(const Options& options) : control_(control_of(options.string("control"))) {}

std::tuple<Tensor, Tensor> GistMask::mask(const Tensor& ids, const Tensor& padding,
                                          const Tensor& gist_places) const {
  const std::int64_t rows = ids.shape()[0];
  const std::int64_t width = ids.shape()[1];
  const std::int64_t gists = gist_places.shape()[1];
  Tensor mask = Tensor::zeros<std::uint8_t>({rows, width, width});
  Tensor positions = Tensor::zeros<std::int32_t>({rows, width});
  for (std::int64_t row = 0; row < rows; ++row) {
    const Layout layout = layout_of(row, checked_padding(row, padding.data<std::int32_t>()[row], width),
                                    gist_places.data<std::int32_t>() + row * gists, gists, width);
    std::uint8_t* const seen = mask.mutable_data<std::uint8_t>() + row * width * width;
    std::int32_t* const places = positions.mutable_data<std::int32_t>() + row * width;
    for (std::int32_t column = layout.padding; column < width; ++column) {
      const std::int32_t begin = first_seen(control_, layout, column);
      std::fill_n(seen + column * width + begin, column + 1 - begin, std::uint8_t{1});
      if (control_ == Control::entries && layout.first >= 0 && column > layout.last)
        std::fill_n(seen + column * width + layout.first, layout.last + 1 - layout.first, std::uint8_t{0});
      places[column] = column - layout.padding;
    }
  }
  return {std::move(mask), std::move(positions)};
}

}  // namespace gistmill::gist_mask
