// See document_mask.hpp.
#include "plugins/transform/document-mask/document_mask.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

namespace gistmill::document_mask {

std::tuple<Tensor, Tensor> DocumentMask::mask(const Tensor& boundaries) const {
  const std::int64_t count = boundaries.shape()[0];
  const std::int64_t length = boundaries.shape()[1];
  Tensor mask = Tensor::zeros<std::uint8_t>({count, length, length});
  Tensor positions = Tensor::zeros<std::int32_t>({count, length});
  const auto* begins = boundaries.data<std::int32_t>();
  auto* seen = mask.mutable_data<std::uint8_t>();
  auto* place = positions.mutable_data<std::int32_t>();
  for (std::int64_t row = 0; row < count * length; ++row) {
    const std::int64_t column = row % length;
    if (begins[row] != 0 && begins[row] != 1) {
      throw Error(GM_ERROR_USER,
                  "sequence " + std::to_string(row / length + 1) + ", column " + std::to_string(column + 1) +
                      ": the boundary is " + std::to_string(begins[row]) + " when it should be 0 or 1",
                  "boundaries");
    }
    place[row] = column == 0 || begins[row] == 1 ? 0 : place[row - 1] + 1;
    std::uint8_t* const own = seen + row * length;  // [T]
    std::fill(own + column - place[row], own + column + 1, std::uint8_t{1});
  }
  return {std::move(mask), std::move(positions)};
}

}  // namespace gistmill::document_mask
