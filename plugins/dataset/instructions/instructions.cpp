#include "plugins/dataset/instructions/instructions.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "plugins/dataset/instructions/rows.hpp"

namespace gistmill::dataset {

namespace {

// f32 of that shape: 1 at the last ones of each row, as many as `last` says.
Tensor ones_at_end(const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& last) {
  Tensor marks = Tensor::zeros<float>(shape);
  float* end = marks.mutable_data<float>();
  for (const std::int64_t count : last) {
    end += shape[1];
    std::fill(end - count, end, 1.0f);
  }
  return marks;
}

}  // namespace

std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> Instructions::next() {
  const std::vector<SampleOrder::Chosen> chosen = order_.next();
  std::vector<std::vector<std::int32_t>> rows, instructions;
  std::vector<std::int32_t> samples;
  std::vector<std::int64_t> gists, targets, behind;
  for (const SampleOrder::Chosen& one : chosen) {
    rows.push_back(order_.row(one));
    instructions.push_back(order_.ids(one, Piece::instruction));
    samples.push_back(static_cast<std::int32_t>(one.sample));
    gists.push_back(one.layout.gist);
    targets.push_back(one.layout.length - one.layout.completion);
    behind.push_back(one.layout.gist < 0 ? targets.back()
                                         : one.layout.length - one.layout.gist - order_.rules().gist_tokens);
  }
  PaddedRows batch = pad_left(rows);
  Tensor counts = ones_at_end(batch.ids.shape(), targets);
  Tensor shown = ones_at_end(batch.ids.shape(), behind);
  Tensor places = gist_places(gists, batch.padding, order_.rules().gist_tokens);
  FilledRows instruction = fill_right(instructions);
  return {std::move(batch.ids),
          std::move(batch.padding),
          std::move(places),
          std::move(counts),
          Tensor::of(samples, {static_cast<std::int64_t>(samples.size())}),
          std::move(instruction.ids),
          std::move(instruction.lengths),
          std::move(shown)};
}

}  // namespace gistmill::dataset
