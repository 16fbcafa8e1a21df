#include "plugins/dataset/instructions/instructions.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "plugins/dataset/instructions/rows.hpp"

namespace gistmill::dataset {

std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> Instructions::next() {
  const std::vector<SampleOrder::Chosen> chosen = order_.next();
  std::vector<std::vector<std::int32_t>> rows, instructions;
  std::vector<std::int32_t> samples;
  std::vector<std::int64_t> gists;
  for (const SampleOrder::Chosen& one : chosen) {
    rows.push_back(order_.row(one));
    instructions.push_back(order_.ids(one, Piece::instruction));
    samples.push_back(static_cast<std::int32_t>(one.sample));
    gists.push_back(one.layout.gist);
  }
  PaddedRows batch = pad_left(rows);
  const std::int64_t width = batch.ids.shape()[1];
  Tensor counts = Tensor::zeros<float>(batch.ids.shape());
  for (std::size_t row = 0; row < chosen.size(); ++row) {
    float* const first = counts.mutable_data<float>() + static_cast<std::int64_t>(row) * width;
    const std::int64_t targets = chosen[row].layout.length - chosen[row].layout.completion;
    std::fill(first + width - targets, first + width, 1.0f);
  }
  Tensor places = gist_places(gists, batch.padding, order_.rules().gist_tokens);
  FilledRows instruction = fill_right(instructions);
  return {std::move(batch.ids),
          std::move(batch.padding),
          std::move(places),
          std::move(counts),
          Tensor::of(samples, {static_cast<std::int64_t>(samples.size())}),
          std::move(instruction.ids),
          std::move(instruction.lengths)};
}

}  // namespace gistmill::dataset
