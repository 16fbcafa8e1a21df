// A text as a working context has it: it grows by tokens at its end, and rows of it become gists.
#pragma once

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "plugins/teacher/decoder/batch.hpp"
#include "tests/plugins/support/gradient_check.hpp"

namespace gistmill::decoder::test {

// Rows as a working context has them: tokens, and gists that stand for eight tokens each.
struct GrowingText {
  struct Row {
    std::int64_t token, position;
    bool gist;
  };

  void grow(std::mt19937_64& random) {
    for (int i = 0; i < 8; ++i, ++end) rows.push_back({static_cast<std::int64_t>(random() % 97), end, false});
  }
  // Some rows become a gist, or a gist another one.
  void edit(std::mt19937_64& random) {
    const std::size_t first = random() % rows.size();
    const std::size_t count = std::min<std::size_t>(1 + random() % 6, rows.size() - first);
    rows[first].gist = true;
    rows[first].token = static_cast<std::int64_t>(random() % 97);
    rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(first + 1),
               rows.begin() + static_cast<std::ptrdiff_t>(first + count));
  }
  Batch batch() const {
    std::vector<std::int64_t> ids, positions, places;
    std::vector<at::Tensor> gists;
    for (const Row& row : rows) {
      if (row.gist) {
        places.push_back(static_cast<std::int64_t>(ids.size()));
        gists.push_back(
            gistmill::test::random_normal({48}, static_cast<std::uint64_t>(row.token), at::kFloat));
      }
      ids.push_back(row.token);
      positions.push_back(row.position);
    }
    Batch batch{
        at::tensor(ids, at::kLong).unsqueeze(0), {}, at::tensor(positions, at::kLong).unsqueeze(0), {}};
    batch.gist = gists.empty() ? at::empty({1, 0, 48}) : at::stack(gists).unsqueeze(0);
    batch.gist_places = at::tensor(places, at::kLong).unsqueeze(0);
    return batch;
  }

  std::vector<Row> rows;
  std::int64_t end = 0;
};

}  // namespace gistmill::decoder::test
