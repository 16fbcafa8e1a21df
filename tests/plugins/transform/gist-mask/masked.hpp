// A mask of one batch, for tests.
#pragma once

#include <gistmill/plugin.hpp>

#include <string>
#include <utility>
#include <vector>

#include "plugins/transform/gist-mask/gist_mask.hpp"
#include "tests/plugins/support/plain_options.hpp"

namespace gistmill::gist_mask::test {

// A text as it stands in a batch.
struct Row {
  std::int32_t padding = 0;
  std::vector<std::int32_t> gists;  // columns; as many in every row of a batch
};

struct Masked {
  Tensor mask;       // u8[B, T, T]
  Tensor positions;  // i32[B, T]

  bool sees(std::int64_t row, std::int64_t from, std::int64_t to) const {
    const std::int64_t width = mask.shape()[1];
    return mask.data<std::uint8_t>()[(row * width + from) * width + to] != 0;
  }
};

inline Masked masked(const std::string& control, std::int64_t width, const std::vector<Row>& rows) {
  const auto count = static_cast<std::int64_t>(rows.size());
  std::vector<std::int32_t> padding, places;
  for (const Row& row : rows) {
    padding.push_back(row.padding);
    places.insert(places.end(), row.gists.begin(), row.gists.end());
  }
  const auto gists = static_cast<std::int64_t>(places.size()) / (count > 0 ? count : 1);
  const gistmill::test::PlainTable table = {{"control", control}};
  const GistMask component(gistmill::test::PlainOptions(table).get());
  auto [mask, positions] = component.mask(Tensor::zeros<std::int32_t>({count, width}),
                                          Tensor::of(padding, {count}), Tensor::of(places, {count, gists}));
  return {std::move(mask), std::move(positions)};
}

}  // namespace gistmill::gist_mask::test
